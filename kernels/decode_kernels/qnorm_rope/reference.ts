import type { Axes } from "../../../src/definition.ts";
import { roundToBf16 } from "../../../src/narrow-float.ts";
import type { TensorValues } from "../../../src/reference-module.ts";

const { fround } = Math;

/** One head to norm and, unless it is a value head, to rotate. */
interface Head {
  row: Float64Array;
  weight: Float64Array | undefined;
  position: number | undefined;
}

type HeadFunction = (axes: Axes, head: Head, eps: number) => Float64Array;

/** float32 [max_position, 2 * num_rotary_pairs]: cosines of a position, then its sines. */
export const derivedInputs = {
  cos_sin(axes: Axes): Float32Array {
    const { max_position, num_rotary_pairs } = axesOf(axes);
    const frequencies = inverseFrequencies(axes);
    const table = new Float32Array(max_position * 2 * num_rotary_pairs);
    for (let position = 0; position < max_position; position++) {
      const row = position * 2 * num_rotary_pairs;
      for (let pair = 0; pair < num_rotary_pairs; pair++) {
        const angle = fround((frequencies[pair] as number) * position);
        table[row + pair] = Math.cos(angle);
        table[row + num_rotary_pairs + pair] = Math.sin(angle);
      }
    }
    return table;
  },
};

/** float64 throughout, from the float32 angles by which the model is defined. */
export function reference(axes: Axes, inputs: TensorValues): TensorValues {
  return forEachHead(axes, inputs, referenceHead);
}

/** Eager bfloat16 as the transformers library runs it: norm in float32, cast, then each product and sum of the rotation rounded. */
export function naive(axes: Axes, inputs: TensorValues): TensorValues {
  return forEachHead(axes, inputs, naiveHead);
}

function referenceHead(axes: Axes, { row, weight, position }: Head, eps: number): Float64Array {
  const meanSquare = row.reduce((sum, x) => sum + x * x, 0) / row.length;
  const scale = 1 / Math.sqrt(meanSquare + eps);
  const normed = row.map((x, i) => x * scale * (weight?.[i] ?? 1));
  if (position === undefined) return normed;
  return rotate(axes, normed, position, {
    table: (value) => value,
    combine: (left, right) => left + right,
    product: (left, right) => left * right,
  });
}

function naiveHead(axes: Axes, { row, weight, position }: Head, eps: number): Float64Array {
  const meanSquare = fround(row.reduce((sum, x) => sum + x * x, 0) / row.length);
  const scale = fround(1 / Math.sqrt(fround(meanSquare + fround(eps))));
  const normed = row.map((x, i) => roundToBf16(fround(fround(x * scale) * (weight?.[i] ?? 1))));
  if (position === undefined) return normed;
  return rotate(axes, normed, position, {
    table: (value) => roundToBf16(fround(value)),
    combine: (left, right) => roundToBf16(fround(left + right)),
    product: (left, right) => roundToBf16(left * right),
  });
}

/** Where a rotation rounds. */
interface Rounding {
  table(value: number): number;
  product(left: number, right: number): number;
  combine(left: number, right: number): number;
}

/** Pairs (i, i + head_dim / 2) for i < num_rotary_pairs; the others stay. */
function rotate(axes: Axes, row: Float64Array, position: number, rounding: Rounding): Float64Array {
  const half = row.length / 2;
  const frequencies = inverseFrequencies(axes);
  const rotated = row.slice();
  for (const [i, frequency] of frequencies.entries()) {
    const angle = fround(frequency * position);
    const cos = rounding.table(Math.cos(angle));
    const sin = rounding.table(Math.sin(angle));
    const low = row[i] as number;
    const high = row[i + half] as number;
    rotated[i] = rounding.combine(rounding.product(low, cos), rounding.product(-high, sin));
    rotated[i + half] = rounding.combine(rounding.product(high, cos), rounding.product(low, sin));
  }
  return rotated;
}

/** theta^(-2i / head_dim) in float32 for each rotating pair; theta is 1e4 in sliding layers, 1e6 in full ones. */
function inverseFrequencies(axes: Axes): Float64Array {
  const { head_dim, num_rotary_pairs } = axesOf(axes);
  const theta = head_dim === 512 ? 1e6 : 1e4;
  return Float64Array.from({ length: num_rotary_pairs }, (_, i) => fround(1 / fround(theta ** ((2 * i) / head_dim))));
}

function forEachHead(axes: Axes, inputs: TensorValues, head: HeadFunction): TensorValues {
  const { num_tokens, num_qo_heads, num_kv_heads, head_dim, qkv_stride } = axesOf(axes);
  const { qkv, q_weight, k_weight, positions, eps } = inputs as Record<
    "qkv" | "q_weight" | "k_weight" | "positions" | "eps",
    Float64Array
  >;
  const outputs = {
    q_out: new Float64Array(num_tokens * num_qo_heads * head_dim),
    k_out: new Float64Array(num_tokens * num_kv_heads * head_dim),
    v_out: new Float64Array(num_tokens * num_kv_heads * head_dim),
  };
  for (let token = 0; token < num_tokens; token++) {
    const position = positions[token] as number;
    const fill = (out: Float64Array, firstHead: number, heads: number, parts: Omit<Head, "row">) => {
      for (let h = 0; h < heads; h++) {
        const start = token * qkv_stride + (firstHead + h) * head_dim;
        const row = qkv.subarray(start, start + head_dim);
        out.set(head(axes, { row, ...parts }, eps[0] as number), (token * heads + h) * head_dim);
      }
    };
    fill(outputs.q_out, 0, num_qo_heads, { weight: q_weight, position });
    fill(outputs.k_out, num_qo_heads, num_kv_heads, { weight: k_weight, position });
    fill(outputs.v_out, num_qo_heads + num_kv_heads, num_kv_heads, { weight: undefined, position: undefined });
  }
  return outputs;
}

type AxisName =
  | "num_tokens"
  | "num_qo_heads"
  | "num_kv_heads"
  | "head_dim"
  | "num_rotary_pairs"
  | "qkv_stride"
  | "max_position";

function axesOf(axes: Axes): Record<AxisName, number> {
  return axes as Record<AxisName, number>;
}
