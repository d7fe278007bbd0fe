import { activationValues, isRecipe } from "../../../src/recipes.ts";
import type { InputContext } from "../../../src/reference-module.ts";
import { axesOf, packedHeads } from "./axes.ts";

type Vector = (context: InputContext, length: number, index: number) => ArrayLike<number>;

/** Magnitudes from 2^15 to float16's largest: a mean square that float16 does not hold, in a vector of any length. */
const huge: Vector = ({ stream }, length) =>
  Float64Array.from({ length }, () => (stream.integer(0, 1) === 0 ? 1 : -1) * (2 ** 15 + stream.integer(0, 1023) * 32));

/** Subnormal inputs; then a vector whose norm is in one element and whose other outputs are subnormal in float16. */
const denormals: Vector = ({ stream, dtypes }, length, index) => {
  if (index % 2 === 0) {
    const [steps, step] = dtypes.activation === "f16" ? [1023, 2 ** -24] : [127, 2 ** -133];
    return Float64Array.from({ length }, () => stream.integer(-steps, steps) * step);
  }
  const values = Float64Array.from({ length }, () => stream.normal() * 2 ** -8);
  values[stream.integer(0, length - 1)] = 2 ** 15;
  return values;
};

const VECTORS: Record<string, Vector> = { huge, denormals };

export const recipes = Object.keys(VECTORS);

export const inputs = {
  /** By recipe; what follows the heads of a row is NaN. */
  qkv(context: InputContext): ArrayLike<number> {
    const { axes, recipe, stream } = context;
    const { num_tokens, qkv_stride, head_dim } = axesOf(axes);
    const valid = packedHeads(axes) * head_dim;
    if (isRecipe(recipe))
      return activationValues(recipe, stream, { count: num_tokens, length: qkv_stride, valid, vectorLength: head_dim });
    const values = new Float64Array(num_tokens * qkv_stride).fill(Number.NaN);
    const heads = valid / head_dim;
    for (let i = 0; i < num_tokens * heads; i++) {
      const vector = (VECTORS[recipe] as Vector)(context, head_dim, i);
      values.set(vector, Math.floor(i / heads) * qkv_stride + (i % heads) * head_dim);
    }
    return values;
  },

  /** What earlier tokens left: any values of moderate size, so that a page written by mistake shows. */
  kv_cache({ axes, stream }: InputContext): ArrayLike<number> {
    const { num_pages, page_stride } = axesOf(axes);
    const values = new Float32Array(num_pages * page_stride);
    for (let i = 0; i < values.length; i++) values[i] = (stream.bits() >>> 24) / 64 - 2;
    return values;
  },
};
