import type { ExpectedOutput } from "../check.ts";
import { type Bound, figure, type VectorVerdict } from "./vector-verdict.ts";

/**
 * The rule "naive-2x", for one vector (the last dimension: one head of one token) at a time:
 *
 *   |out - ref|₂ ≤ 2 |naive - ref|₂ + u |ref|₂   and   max |out - ref| ≤ 2 max |naive - ref| + u max |ref|
 *
 * ref is the float64 reference, naive the usual path in the output's own precision on the same inputs, and u the unit
 * roundoff of the output's dtype (2^-8 for bfloat16). A kernel that computes well and rounds once errs by at most
 * u / (1 + u) of each element, so the u terms alone clear it on every input; a vector of zeros must be zeros exactly.
 * The factor 2 is FlashAttention's (tests/test_flash_attn.py: error ≤ 2 × the error of the same-precision torch path),
 * used here per vector, so that a fault in one head is not averaged away. Where the reference is infinite, the output
 * must be the same infinity, and the element counts in no sum.
 */
const NAIVE_FACTOR = 2;

/** Verdict on the vector of `length` elements at `index`. */
export function judgeByNaive(
  out: Float64Array,
  { reference, naive }: Pick<ExpectedOutput, "reference" | "naive">,
  roundoff: number,
  index: number,
  length: number,
): VectorVerdict {
  const sums = { error: 0, naive: 0, reference: 0 };
  const maxima = { error: 0, naive: 0, reference: 0 };
  let worst = index * length;
  let finite = true;
  for (let i = index * length; i < (index + 1) * length; i++) {
    const ref = reference[i] as number;
    if (Math.abs(ref) === Number.POSITIVE_INFINITY && out[i] === ref) continue;
    const error = Math.abs((out[i] as number) - ref);
    const naiveError = Math.abs((naive[i] as number) - ref);
    if (finite && !(Number.isFinite(error) && Number.isFinite(naiveError))) {
      finite = false;
      worst = i;
    }
    if (finite && error > maxima.error) worst = i;
    sums.error += error * error;
    sums.naive += naiveError * naiveError;
    sums.reference += ref * ref;
    maxima.error = Math.max(maxima.error, error);
    maxima.naive = Math.max(maxima.naive, naiveError);
    maxima.reference = Math.max(maxima.reference, Math.abs(ref));
  }
  const l2 = boundOf(Math.sqrt(sums.error), Math.sqrt(sums.naive), Math.sqrt(sums.reference), roundoff);
  const element = boundOf(maxima.error, maxima.naive, maxima.reference, roundoff);
  const excess = finite ? Math.max(l2.excess, element.excess) : Number.POSITIVE_INFINITY;
  const shown = element.excess > 1 && l2.excess <= 1 ? element : l2;
  return { index, shown, broken: brokenBounds(l2, element), excess, worst, finite };
}

function brokenBounds(l2: Bound, element: Bound): string[] {
  const bounds: string[] = [];
  if (l2.excess > 1) bounds.push(`relative L2 error ${figure(l2.error)} of its vector, limit ${figure(l2.limit)}`);
  if (element.excess > 1) {
    bounds.push(`its error ${figure(element.error)} of the vector's largest value, limit ${figure(element.limit)}`);
  }
  return bounds;
}

function boundOf(error: number, naive: number, reference: number, roundoff: number): Bound {
  const scale = reference === 0 ? 1 : reference;
  const limit = NAIVE_FACTOR * naive + roundoff * reference;
  return { error: error / scale, limit: limit / scale, excess: ratio(error, limit) };
}

function ratio(value: number, limit: number): number {
  if (value === 0) return 0;
  return limit === 0 ? Number.POSITIVE_INFINITY : value / limit;
}
