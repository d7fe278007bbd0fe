import type { Dtype } from "../../../src/dtype.ts";
import { f16FromBits, f16ToBits, roundToBf16 } from "../../../src/narrow-float.ts";

const { fround } = Math;

/** How one path computes: where it rounds, and to what. */
export interface Arithmetic {
  /** (mean(x^2) + eps)^(-1/2). */
  scale(row: Float64Array, eps: number): number;
  /** x * scale * weight. */
  normed(x: number, scale: number, weight: number): number;
  /** A cosine or sine before it is used. */
  turn(value: number): number;
  product(left: number, right: number): number;
  sum(left: number, right: number): number;
}

export const EXACT: Arithmetic = {
  scale: (row, eps) => 1 / Math.sqrt(meanSquare(row) + eps),
  normed: (x, scale, weight) => x * scale * weight,
  turn: (value) => value,
  product: (left, right) => left * right,
  sum: (left, right) => left + right,
};

/**
 * As transformers runs it in eager mode: the norm in float32, its mean and power rounded correctly, one cast; then
 * cosines and sines cast, and each product and sum of the rotation rounded. Gemma4RMSNorm casts after the weight;
 * LlamaRMSNorm and Qwen3RMSNorm cast before it and multiply by it in the activation dtype.
 */
export function eager(activation: Dtype, castsBeforeWeight: boolean): Arithmetic {
  const round = activation === "f16" ? roundToF16 : roundToBf16;
  return {
    scale: (row, eps) => fround(1 / Math.sqrt(fround(fround(meanSquare(row)) + fround(eps)))),
    normed: (x, scale, weight) => {
      const scaled = fround(x * scale);
      return round(fround((castsBeforeWeight ? round(scaled) : scaled) * weight));
    },
    turn: (value) => round(fround(value)),
    product: (left, right) => round(fround(left * right)),
    sum: (left, right) => round(fround(left + right)),
  };
}

function meanSquare(row: Float64Array): number {
  return row.reduce((sum, x) => sum + x * x, 0) / row.length;
}

function roundToF16(value: number): number {
  return f16FromBits(f16ToBits(value));
}
