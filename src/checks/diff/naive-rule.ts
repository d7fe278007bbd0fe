import type { ExpectedOutput } from "../check.ts";

/**
 * The rule "naive-2x", for one vector (the last dimension: one head of one token) at a time:
 *
 *   |out - ref|₂ ≤ 2 |naive - ref|₂ + u |ref|₂   and   max |out - ref| ≤ 2 max |naive - ref| + u max |ref|
 *
 * ref is the float64 reference, naive the usual path in the output's own precision on the same inputs, and u the unit
 * roundoff of the output's dtype (2^-8 for bfloat16). A kernel that computes well and rounds once errs by at most
 * u / (1 + u) of each element, so the u terms alone clear it on every input; a vector of zeros must be zeros exactly.
 * The factor 2 is FlashAttention's (tests/test_flash_attn.py: error ≤ 2 × the error of the same-precision torch path),
 * used here per vector, so that a fault in one head is not averaged away.
 */
const NAIVE_FACTOR = 2;

/** One of the two limits; an excess of more than 1 breaks it. */
export interface Bound {
  error: number;
  limit: number;
  excess: number;
}

export interface VectorVerdict {
  /** Index of the vector in the output. */
  index: number;
  /** Of the vector as a whole, relative to |ref|₂; absolute where that is 0. */
  l2: Bound;
  /** Of its worst element, relative to max |ref|; absolute where that is 0. */
  element: Bound;
  /** How far past its limits the vector is, by either bound; more than 1 fails. */
  excess: number;
  /** Element farthest from the reference. */
  worst: number;
  finite: boolean;
}

/** Verdict on each vector, in order. */
export function judgeVectors(out: Float64Array, expected: ExpectedOutput, roundoff: number): VectorVerdict[] {
  const length = expected.shape.at(-1) ?? 1;
  const count = length === 0 ? 0 : out.length / length;
  return Array.from({ length: count }, (_, index) => judgeVector(out, expected, roundoff, index, length));
}

function judgeVector(
  out: Float64Array,
  { reference, naive }: ExpectedOutput,
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
  return { index, l2, element, excess, worst, finite };
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
