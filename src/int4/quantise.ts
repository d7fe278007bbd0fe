import { DecodeLabError } from "../errors.ts";
import { bf16ToBits, f16ToBits } from "../narrow-float.ts";
import {
  type GroupSize,
  groupCount,
  groupLength,
  ONE_BITS,
  refuseUnless,
  type ScaleDtype,
  scaleValue,
  ZERO_CODE,
} from "./shape.ts";

/** Codes [rows, hidden] and the bits of the scales [rows, groups] of quantised weights. */
export interface QuantisedRows {
  codes: Uint8Array;
  scales: Uint16Array;
}

/** Half of the 15 steps between the codes: the divisor of Marlin's, AutoGPTQ's and compressed-tensors' symmetric scale. */
const HALF_RANGE = 7.5;

/** Added and taken away again, it rounds a float64 below 2^51 to the nearest whole number, half to even. */
const ROUNDING = 1.5 * 2 ** 52;

const LIMITS: Record<ScaleDtype, { smallestNormal: number; largest: number }> = {
  bf16: { smallestNormal: 2 ** -126, largest: (2 - 2 ** -7) * 2 ** 127 },
  f16: { smallestNormal: 2 ** -14, largest: 65504 },
};

/**
 * Symmetric int4, round to nearest. Per group, in float64: scale = max|w| / 7.5, rounded once to `scaleDtype` (half to even,
 * at least its smallest normal number); code = clamp(round(w / scale) + 8, 0, 15), half to even. An all-zero group has
 * scale 1. Weights [rows, hidden]; `firstRow` is only for messages. TENSOR_INVALID where a weight is not finite or a code
 * times its scale would not be.
 */
export function quantiseRows(
  weights: Float32Array,
  hiddenSize: number,
  groupSize: GroupSize,
  scaleDtype: ScaleDtype,
  firstRow = 0,
): QuantisedRows {
  const shape = { hiddenSize, groupSize };
  const length = groupLength(shape);
  const groups = groupCount(shape);
  refuseUnless(Number.isInteger(groups), `hidden ${hiddenSize} is no multiple of group size ${groupSize}`);
  refuseUnless(weights.length % hiddenSize === 0, `${weights.length} weights are no whole rows of ${hiddenSize}`);
  const codes = new Uint8Array(weights.length);
  const scales = new Uint16Array(weights.length / length);
  for (let group = 0; group < scales.length; group++) {
    const start = group * length;
    const largest = largestMagnitude(weights, start, length, hiddenSize, firstRow);
    if (largest === 0) {
      scales[group] = ONE_BITS[scaleDtype];
      codes.fill(ZERO_CODE, start, start + length);
      continue;
    }
    const bits = scaleBits(largest, scaleDtype, () => placeText(start, hiddenSize, firstRow));
    scales[group] = bits;
    quantiseGroup(weights, codes, start, length, scaleValue(scaleDtype, bits));
  }
  return { codes, scales };
}

function largestMagnitude(
  weights: Float32Array,
  start: number,
  length: number,
  hiddenSize: number,
  firstRow: number,
): number {
  let largest = 0;
  for (let i = start; i < start + length; i++) {
    const magnitude = Math.abs(weights[i] as number);
    if (magnitude <= largest) continue;
    if (!(magnitude < Number.POSITIVE_INFINITY)) {
      const found = Number.isNaN(magnitude) ? "NaN" : "infinite";
      throw new DecodeLabError("TENSOR_INVALID", `the weight at ${placeText(i, hiddenSize, firstRow)} is ${found}`);
    }
    largest = magnitude;
  }
  return largest;
}

function scaleBits(largest: number, dtype: ScaleDtype, place: () => string): number {
  const { smallestNormal, largest: largestValue } = LIMITS[dtype];
  const exact = Math.max(largest / HALF_RANGE, smallestNormal);
  const bits = dtype === "bf16" ? bf16ToBits(exact) : f16ToBits(exact);
  if (ZERO_CODE * scaleValue(dtype, bits) <= largestValue) return bits;
  throw new DecodeLabError(
    "TENSOR_INVALID",
    `the group at ${place()} has a weight of magnitude ${largest}, whose code times its scale overflows ${dtype}`,
    { hint: dtype === "f16" ? "bf16 scales reach further" : "" },
  );
}

/** The scale is so near max|w| / 7.5 that no quotient rounds below −8; 8 is the one that needs the clamp. */
function quantiseGroup(weights: Float32Array, codes: Uint8Array, start: number, length: number, scale: number): void {
  for (let i = start; i < start + length; i++) {
    const steps = (weights[i] as number) / scale + ROUNDING - ROUNDING;
    codes[i] = steps === 8 ? 15 : steps + ZERO_CODE;
  }
}

function placeText(index: number, hiddenSize: number, firstRow: number): string {
  return `row ${firstRow + Math.floor(index / hiddenSize)}, column ${index % hiddenSize}`;
}
