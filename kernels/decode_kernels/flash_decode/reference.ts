import type { Axes } from "../../../src/definition.ts";
import type { ReferenceContext, TensorValues } from "../../../src/reference-module.ts";
import { halfType, keysOfToken, type Shape, shapeOf, stridesOf, tokenOffset } from "./cache.ts";

export { inputs } from "./inputs.ts";
export { recipes } from "./recipes.ts";

const { fround } = Math;

/** Where a path rounds. */
interface Rounding {
  score(value: number): number;
  /** One probability, or the output. */
  narrow(value: number): number;
}

/** softmax(scale * q k, capped) v in float64, from the bits of the cache. */
export function reference(axes: Axes, inputs: TensorValues, context: ReferenceContext): TensorValues {
  const exact = (value: number) => value;
  return attend(axes, inputs, context, { score: exact, narrow: exact });
}

/** The usual low-precision path: scores and softmax in float32, probabilities rounded to the cache's type, one cast. */
export function naive(axes: Axes, inputs: TensorValues, context: ReferenceContext): TensorValues {
  const { toBits, values } = halfType(context.dtypes.activation as "bf16" | "f16");
  return attend(axes, inputs, context, { score: fround, narrow: (value) => values[toBits(value)] as number });
}

function attend(axes: Axes, inputs: TensorValues, { dtypes, raw }: ReferenceContext, rounding: Rounding): TensorValues {
  const shape = shapeOf(axes);
  const { batch_size, q_len, num_qo_heads, num_kv_heads, head_dim } = shape;
  const rows = batch_size * q_len * num_qo_heads;
  const outputs = { out: new Float64Array(rows * head_dim), lse: new Float64Array(rows) };
  const { values } = halfType(dtypes.activation as "bf16" | "f16");
  const cache = raw.kv_cache as Uint16Array;
  for (let sequence = 0; sequence < batch_size; sequence++) {
    const kvLen = inputs.kv_lens?.[sequence] as number;
    for (let kvHead = 0; kvHead < num_kv_heads; kvHead++) {
      const keys = keyReader(shape, cache, values, inputs.block_table as Float64Array, { sequence, kvHead });
      attendHead(shape, inputs, keys, { sequence, kvHead, kvLen }, rounding, outputs);
    }
  }
  return outputs;
}

/** Keys and values of one sequence and head, decoded one at a time into `vector`. */
interface KeyReader {
  vector: Float64Array;
  read(key: number, isValue: boolean): void;
}

function keyReader(
  shape: Shape,
  cache: Uint16Array,
  values: Float32Array,
  pages: Float64Array,
  { sequence, kvHead }: { sequence: number; kvHead: number },
): KeyReader {
  const vector = new Float64Array(shape.head_dim);
  const strides = stridesOf(shape);
  return {
    vector,
    read(key, isValue) {
      const token = tokenOffset(shape, strides, pages, sequence, key);
      const first = token + kvHead * strides.head + (isValue ? strides.value : 0);
      for (let i = 0; i < vector.length; i++) vector[i] = values[cache[first + i] as number] as number;
    },
  };
}

/** The rows of one sequence and kv head: token by token, and the q heads of the group. */
function attendHead(
  shape: Shape,
  inputs: TensorValues,
  keys: KeyReader,
  { sequence, kvHead, kvLen }: { sequence: number; kvHead: number; kvLen: number },
  rounding: Rounding,
  outputs: { out: Float64Array; lse: Float64Array },
): void {
  const { q_len, num_qo_heads, num_kv_heads, head_dim, has_softcap } = shape;
  const group = num_qo_heads / num_kv_heads;
  const scale = inputs.scale?.[0] as number;
  const softcap = inputs.softcap?.[0] as number;
  const q = inputs.q as Float64Array;
  const rows = Array.from({ length: q_len * group }, (_, row) => {
    const token = Math.floor(row / group);
    const place = (sequence * q_len + token) * num_qo_heads + kvHead * group + (row % group);
    const { first, end } = keysOfToken(shape, kvLen, token);
    return { place, first, end, query: q.subarray(place * head_dim, (place + 1) * head_dim) };
  });
  const from = Math.min(...rows.map(({ first }) => first));
  const scores = rows.map(() => new Float64Array(kvLen - from).fill(Number.NEGATIVE_INFINITY));
  for (let key = from; key < kvLen; key++) {
    keys.read(key, false);
    for (const [r, { first, end, query }] of rows.entries()) {
      if (key < first || key >= end) continue;
      const score = dot(query, keys.vector) * scale;
      const capped = has_softcap === 1 ? softcap * Math.tanh(score / softcap) : score;
      (scores[r] as Float64Array)[key - from] = rounding.score(capped);
    }
  }
  for (const [r, { place }] of rows.entries()) outputs.lse[place] = softmaxInPlace(scores[r] as Float64Array, rounding);
  for (let key = from; key < kvLen; key++) {
    keys.read(key, true);
    for (const [r, { place }] of rows.entries()) {
      const weight = (scores[r] as Float64Array)[key - from] as number;
      if (weight !== 0) addScaled(outputs.out, place * head_dim, keys.vector, weight);
    }
  }
  for (const { place } of rows) {
    for (let i = place * head_dim; i < (place + 1) * head_dim; i++) {
      outputs.out[i] = rounding.narrow(outputs.out[i] as number);
    }
  }
}

/** Scores to probabilities; the natural logarithm of the sum of their exponentials, -inf where no key is seen. */
function softmaxInPlace(scores: Float64Array, { score, narrow }: Rounding): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const value of scores) if (value > top) top = value;
  if (top === Number.NEGATIVE_INFINITY) {
    scores.fill(0);
    return top;
  }
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    scores[i] = score(Math.exp(score((scores[i] as number) - top)));
    sum += scores[i] as number;
  }
  sum = score(sum);
  for (let i = 0; i < scores.length; i++) scores[i] = narrow(score((scores[i] as number) / sum));
  return score(top + score(Math.log(sum)));
}

function dot(a: Float64Array, b: Float64Array): number {
  let even = 0;
  let odd = 0;
  for (let i = 0; i < b.length; i += 2) {
    even += (a[i] as number) * (b[i] as number);
    odd += (a[i + 1] as number) * (b[i + 1] as number);
  }
  return even + odd;
}

function addScaled(sum: Float64Array, start: number, vector: Float64Array, weight: number): void {
  for (let i = 0; i < vector.length; i++) sum[start + i] = (sum[start + i] as number) + weight * (vector[i] as number);
}
