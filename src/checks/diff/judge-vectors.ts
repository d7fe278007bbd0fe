import { DTYPES, decode } from "../../dtype.ts";
import type { ExpectedOutput } from "../check.ts";
import { judgeByTolerance, judgeExactly } from "./element-rules.ts";
import { judgeByNaive } from "./naive-rule.ts";
import type { VectorVerdict } from "./vector-verdict.ts";

/**
 * The verdict of the output's rule on each vector, in order. Of an output that is updated in place, a vector that the
 * reference leaves as it was must keep its bits.
 */
export function* judgeVectors(out: Float64Array, expected: ExpectedOutput): Generator<VectorVerdict> {
  const length = expected.shape.at(-1) ?? 1;
  const count = length === 0 ? 0 : out.length / length;
  const before = expected.before === undefined ? undefined : decode(expected.dtype, expected.before);
  for (let index = 0; index < count; index++) {
    if (before !== undefined && isKept(before, expected.reference, index, length)) {
      yield judgeExactly(out, before, index, length);
    } else {
      yield judgeVector(out, expected, index, length);
    }
  }
}

function judgeVector(out: Float64Array, expected: ExpectedOutput, index: number, length: number): VectorVerdict {
  const { rule, dtype, reference } = expected;
  if (rule === "exact") return judgeExactly(out, reference, index, length);
  if (rule === "naive-2x") return judgeByNaive(out, expected, DTYPES[dtype].unitRoundoff, index, length);
  return judgeByTolerance(out, reference, rule, index, length);
}

function isKept(before: Float64Array, reference: Float64Array, index: number, length: number): boolean {
  return judgeExactly(reference, before, index, length).excess === 0;
}
