import { DTYPES, decode } from "../../dtype.ts";
import type { ExpectedOutput } from "../check.ts";
import { judgeBits, judgeByTolerance, judgeExactly } from "./element-rules.ts";
import { judgeByNaive } from "./naive-rule.ts";
import type { VectorVerdict } from "./vector-verdict.ts";

/**
 * The verdict of the output's rule on each vector, in order. Of an output that is updated in place, a vector that the
 * reference leaves as it was must keep its bits.
 */
export function* judgeVectors(bytes: Uint8Array, expected: ExpectedOutput): Generator<VectorVerdict> {
  const { before, reference, dtype, shape } = expected;
  const out = decode(dtype, bytes);
  const length = shape.at(-1) ?? 1;
  const count = length === 0 ? 0 : out.length / length;
  const valuesBefore = before === undefined ? undefined : decode(dtype, before);
  for (let index = 0; index < count; index++) {
    const isKept = valuesBefore !== undefined && judgeExactly(reference, valuesBefore, index, length).excess === 0;
    if (isKept && before !== undefined) yield judgeBits(bytes, before, DTYPES[dtype].bytes, index, length);
    else yield judgeVector(out, expected, index, length);
  }
}

function judgeVector(out: Float64Array, expected: ExpectedOutput, index: number, length: number): VectorVerdict {
  const { rule, dtype, reference } = expected;
  if (rule === "exact") return judgeExactly(out, reference, index, length);
  if (rule === "naive-2x") return judgeByNaive(out, expected, DTYPES[dtype].unitRoundoff, index, length);
  return judgeByTolerance(out, reference, rule, index, length);
}
