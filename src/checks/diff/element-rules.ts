import type { OutputRule } from "../../tensor-declaration.ts";
import { type Bound, figure, type VectorVerdict } from "./vector-verdict.ts";

/** Every element equals the reference, infinities and NaN too. */
export function judgeExactly(
  out: ArrayLike<number>,
  reference: ArrayLike<number>,
  index: number,
  length: number,
): VectorVerdict {
  let wrong = 0;
  let worst = index * length;
  for (let i = (index + 1) * length - 1; i >= index * length; i--) {
    const same = out[i] === reference[i] || (Number.isNaN(out[i]) && Number.isNaN(reference[i]));
    if (same) continue;
    wrong += 1;
    worst = i;
  }
  const shown: Bound = {
    error: wrong / Math.max(length, 1),
    limit: 0,
    excess: wrong === 0 ? 0 : Number.POSITIVE_INFINITY,
  };
  const broken = wrong === 0 ? [] : [`${wrong} of ${length} elements differ, none may`];
  return { index, shown, broken, excess: shown.excess, worst, finite: true };
}

/** Every element has the bits that it had; `width` is its bytes. */
export function judgeBits(
  out: Uint8Array,
  before: Uint8Array,
  width: number,
  index: number,
  length: number,
): VectorVerdict {
  const verdict = judgeExactly(out, before, index, length * width);
  return {
    ...verdict,
    worst: Math.floor(verdict.worst / width),
    broken: verdict.broken.map(() => "it was to be left as it was"),
  };
}

/** Every element within atol + rtol |reference|; an infinite reference must be met exactly. */
export function judgeByTolerance(
  out: Float64Array,
  reference: Float64Array,
  { atol, rtol }: Exclude<OutputRule, "exact">,
  index: number,
  length: number,
): VectorVerdict {
  let shown: Bound = { error: 0, limit: atol, excess: 0 };
  let worst = index * length;
  let finite = true;
  for (let i = index * length; i < (index + 1) * length; i++) {
    const ref = reference[i] as number;
    if (out[i] === ref) continue;
    const error = Math.abs((out[i] as number) - ref);
    if (!Number.isFinite(error)) {
      if (finite) worst = i;
      finite = false;
      continue;
    }
    const limit = atol + rtol * Math.abs(ref);
    const excess = limit === 0 ? Number.POSITIVE_INFINITY : error / limit;
    if (!finite || excess <= shown.excess) continue;
    shown = { error, limit, excess };
    worst = i;
  }
  const broken = shown.excess > 1 ? [`its error is ${figure(shown.error)}, limit ${figure(shown.limit)}`] : [];
  return { index, shown, broken, excess: finite ? shown.excess : Number.POSITIVE_INFINITY, worst, finite };
}
