import { DTYPES, type Dtype, decode } from "../../dtype.ts";
import type { Finding } from "../../finding.ts";
import { diffFinding } from "./finding.ts";

/** Values that a launch file says a buffer must hold, within atol + rtol |expected| each. */
export interface ExpectedValues {
  name: string;
  dtype: Dtype;
  bytes: Uint8Array;
  atol: number;
  rtol: number;
}

/** At most one finding: the element farthest past its tolerance; equal non-finite values agree. */
export function judgeExpectation(actualBytes: Uint8Array, expected: ExpectedValues): Finding[] {
  const actual = decode(expected.dtype, actualBytes);
  const wanted = decode(expected.dtype, expected.bytes);
  let count = 0;
  let worst = { index: -1, excess: Number.NEGATIVE_INFINITY };
  for (let i = 0; i < wanted.length; i++) {
    const excess = excessOf(actual[i] as number, wanted[i] as number, expected);
    if (excess <= 0) continue;
    count += 1;
    if (excess > worst.excess) worst = { index: i, excess };
  }
  if (count === 0) return [];
  const { bytes } = DTYPES[expected.dtype];
  const values = `element ${worst.index} is ${actual[worst.index]}, expected ${wanted[worst.index]}`;
  const tolerance = `atol ${expected.atol}, rtol ${expected.rtol}`;
  const message = `${values} (${tolerance}); ${count} of ${wanted.length} elements are wrong`;
  return [diffFinding("wrong-value", expected.name, { byteOffset: worst.index * bytes, bytes, count }, message)];
}

/** How far past the tolerance; infinite where only one side is a number. */
function excessOf(actual: number, wanted: number, { atol, rtol }: ExpectedValues): number {
  if (Object.is(actual, wanted) || actual === wanted) return 0;
  const error = Math.abs(actual - wanted);
  if (!Number.isFinite(error)) return Number.POSITIVE_INFINITY;
  return error - (atol + rtol * Math.abs(wanted));
}
