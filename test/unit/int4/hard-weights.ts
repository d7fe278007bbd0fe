import { encode } from "../../../src/dtype.ts";
import type { FloatDtype } from "../../../src/int4/float-values.ts";
import { RandomStream } from "../../../src/random.ts";

const HIDDEN = 256;

/**
 * Rows that try every branch of the rounding: all zero and negative zero, one group zero, ties between codes, ties between
 * scales, subnormal weights, weights as large as a float16 scale allows, both signs of the largest, plain normal rows.
 */
export function hardWeights(dtype: FloatDtype): { bytes: Uint8Array<ArrayBuffer>; rows: number; hidden: number } {
  const stream = new RandomStream(4, "hard weights");
  const normal = (scale: number) => () => scale * stream.normal();
  const tie = 7.5 * (1 + 2 ** -8);
  const rowValues: ((k: number) => number)[] = [
    (k) => (k % 2 === 0 ? 0 : -0),
    (k) => (k >= 32 && k < 64 ? 0 : normal(0.02)()),
    (k) => ((k % 31) - 15) * 2 ** -7,
    (k) => ((k % 16) - 8) * 2 ** -7 + (k % 3) * 2 ** -13,
    (k) => ((k % 7) - 3) * 2 ** -24,
    (k) => (k % 2 === 0 ? 1 : -1) * 2 ** -30 * (k % 5),
    (k) => (k === 200 ? -60000 : 100 * ((k % 13) - 6)),
    (k) => (k % 32 === 5 ? tie : k % 32 === 6 ? -tie : tie / (k + 1)),
    (k) => (k % 32 === 5 ? 7.5 * (1 + 3 * 2 ** -8) : normal(1)()),
    (k) => (k < 128 ? 2 ** -14 * normal(1)() : normal(10)()),
    normal(0.03),
    normal(1),
  ];
  const values = rowValues.flatMap((valueAt) => Array.from({ length: HIDDEN }, (_, k) => valueAt(k)));
  const encoded = encode(dtype === "BF16" ? "bf16" : dtype === "F16" ? "f16" : "f32", values);
  return { bytes: new Uint8Array(encoded), rows: rowValues.length, hidden: HIDDEN };
}
