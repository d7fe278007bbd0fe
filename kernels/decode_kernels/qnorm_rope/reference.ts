import type { Axes } from "../../../src/definition.ts";
import type { ReferenceContext, TensorValues } from "../../../src/reference-module.ts";
import { type Arithmetic, EXACT, eager } from "./arithmetic.ts";
import { axesOf } from "./axes.ts";
import { placeInCache } from "./kv-cache.ts";
import { anglesAt, cosSinTable } from "./rotary.ts";

export { inputs, recipes } from "./inputs.ts";

export const derivedInputs = { cos_sin: cosSinTable };

/** float64 throughout, from the float32 angles by which the model is defined. */
export function reference(axes: Axes, inputs: TensorValues): TensorValues {
  return run(axes, inputs, EXACT);
}

/** The eager path of transformers: Gemma 4's, or with round_intermediate 2 that of Llama and Qwen 3. */
export function naive(axes: Axes, inputs: TensorValues, { dtypes }: ReferenceContext): TensorValues {
  return run(axes, inputs, eager(dtypes.activation ?? "bf16", axesOf(axes).round_intermediate === 2));
}

type InputName = "qkv" | "q_weight" | "k_weight" | "positions" | "eps";

/** The op as the given arithmetic computes it; both paths are this. */
export function run(axes: Axes, inputs: TensorValues, arithmetic: Arithmetic): TensorValues {
  const { num_tokens, num_qo_heads, num_kv_heads, head_dim, qkv_stride, k_eq_v, v_norm } = axesOf(axes);
  const { qkv, q_weight, k_weight, positions, eps } = inputs as Record<InputName, Float64Array>;
  const outputs = new Outputs(axes, inputs);
  for (let token = 0; token < num_tokens; token++) {
    const rotation = rotationAt(axes, positions[token] as number, arithmetic);
    const head = (index: number) => {
      const start = token * qkv_stride + index * head_dim;
      return qkv.subarray(start, start + head_dim);
    };
    const normed = (row: Float64Array, weight?: Float64Array) => norm(row, weight, eps[0] as number, arithmetic);
    for (let h = 0; h < num_qo_heads; h++) outputs.query(token, h, rotation(normed(head(h), q_weight)));
    for (let h = 0; h < num_kv_heads; h++) {
      const key = head(num_qo_heads + h);
      const value = k_eq_v === 1 ? key : head(num_qo_heads + num_kv_heads + h);
      outputs.keyOrValue(token, h, 0, rotation(normed(key, k_weight)));
      outputs.keyOrValue(token, h, 1, v_norm === 1 ? normed(value) : value);
    }
  }
  return outputs.tensors;
}

function norm(row: Float64Array, weight: Float64Array | undefined, eps: number, arithmetic: Arithmetic): Float64Array {
  const scale = arithmetic.scale(row, eps);
  return row.map((x, i) => arithmetic.normed(x, scale, weight?.[i] ?? 1));
}

/** Turns the pairs (i, i + pair_distance) for i < num_rotary_pairs; what belongs to no such pair stays. */
function rotationAt(axes: Axes, position: number, arithmetic: Arithmetic): (row: Float64Array) => Float64Array {
  const { pair_distance } = axesOf(axes);
  const { turn, product, sum } = arithmetic;
  const angles = anglesAt(axes, position);
  const cosines = angles.map((angle) => turn(Math.cos(angle)));
  const sines = angles.map((angle) => turn(Math.sin(angle)));
  return (row) => {
    const rotated = row.slice();
    for (const [i, cos] of cosines.entries()) {
      const sin = sines[i] as number;
      const low = row[i] as number;
      const high = row[i + pair_distance] as number;
      rotated[i] = sum(product(low, cos), product(-high, sin));
      rotated[i + pair_distance] = sum(product(high, cos), product(low, sin));
    }
    return rotated;
  };
}

/** Where heads go: q_out, and k_out with v_out or the cache. */
class Outputs {
  readonly tensors: TensorValues;
  readonly #axes: ReturnType<typeof axesOf>;
  readonly #place: ReturnType<typeof placeInCache>;
  readonly #slots: Float64Array | undefined;

  constructor(axes: Axes, { kv_cache, slot_mapping }: TensorValues) {
    this.#axes = axesOf(axes);
    this.#place = placeInCache(axes);
    this.#slots = slot_mapping;
    const { num_tokens, num_qo_heads, num_kv_heads, head_dim } = this.#axes;
    const empty = (heads: number) => new Float64Array(num_tokens * heads * head_dim);
    const q_out = empty(num_qo_heads);
    if (kv_cache === undefined) this.tensors = { q_out, k_out: empty(num_kv_heads), v_out: empty(num_kv_heads) };
    else this.tensors = { q_out, kv_cache: kv_cache.slice() };
  }

  query(token: number, head: number, vector: Float64Array): void {
    const { num_qo_heads, head_dim } = this.#axes;
    this.tensors.q_out?.set(vector, (token * num_qo_heads + head) * head_dim);
  }

  keyOrValue(token: number, head: number, which: 0 | 1, vector: Float64Array): void {
    const { num_kv_heads, head_dim } = this.#axes;
    const slot = this.#slots?.[token];
    if (slot === undefined) {
      this.tensors[which === 0 ? "k_out" : "v_out"]?.set(vector, (token * num_kv_heads + head) * head_dim);
    } else if (slot >= 0) this.tensors.kv_cache?.set(vector, this.#place(slot, head, which));
  }
}
