import type { Axes } from "../../../src/definition.ts";
import type { Dtype } from "../../../src/dtype.ts";
import { bf16FromBits, bf16ToBits, f16FromBits, f16ToBits } from "../../../src/narrow-float.ts";

const AXIS_NAMES = [
  "batch_size",
  "q_len",
  "num_qo_heads",
  "num_kv_heads",
  "head_dim",
  "page_size",
  "num_pages",
  "max_pages",
  "cache_layout",
  "window",
  "max_kv_len",
  "min_kv_len",
  "max_visible_keys",
  "split_size",
  "shared_pages",
  "has_softcap",
] as const;

export type Shape = Record<(typeof AXIS_NAMES)[number], number>;

export function shapeOf(axes: Axes): Shape {
  return axes as Shape;
}

/** First key that any of the last q_len positions sees; window 0 sees all. */
export function firstVisibleKey({ q_len, window }: Shape, kvLen: number): number {
  return window === 0 ? 0 : Math.max(kvLen - q_len + 1 - window, 0);
}

/** Keys [first, end) that one query token sees; empty where its position lies before the sequence. */
export function keysOfToken({ q_len, window }: Shape, kvLen: number, token: number): { first: number; end: number } {
  const end = Math.max(kvLen - q_len + token + 1, 0);
  return { first: window === 0 ? 0 : Math.max(end - window, 0), end };
}

/** Elements from page to page, token to token, head to head, and from a key to its value. */
export interface Strides {
  page: number;
  token: number;
  head: number;
  value: number;
}

/** Layout 0 is [page, 2, token, kv_head, dim], layout 1 is [page, kv_head, token, 2 * dim]. */
export function stridesOf({ cache_layout, page_size, num_kv_heads, head_dim }: Shape): Strides {
  const page = 2 * page_size * num_kv_heads * head_dim;
  return cache_layout === 0
    ? { page, token: num_kv_heads * head_dim, head: head_dim, value: page_size * num_kv_heads * head_dim }
    : { page, token: 2 * head_dim, head: 2 * page_size * head_dim, value: head_dim };
}

/** Element of the cache where a token's heads begin. */
export function tokenOffset(
  shape: Shape,
  strides: Strides,
  pages: ArrayLike<number>,
  row: number,
  key: number,
): number {
  const page = pages[row * shape.max_pages + Math.floor(key / shape.page_size)] as number;
  return page * strides.page + (key % shape.page_size) * strides.token;
}

/** One 16-bit element type: its conversions, its NaN, and all its 65536 values. */
export interface HalfType {
  toBits(value: number): number;
  nan: number;
  values: Float32Array;
}

const types = new Map<Dtype, HalfType>();

/** Of the dtype `bf16` or `f16`. */
export function halfType(dtype: Dtype): HalfType {
  const known = types.get(dtype);
  if (known !== undefined) return known;
  const [toBits, fromBits] = dtype === "bf16" ? [bf16ToBits, bf16FromBits] : [f16ToBits, f16FromBits];
  const values = Float32Array.from({ length: 65536 }, (_, bits) => fromBits(bits));
  const made = { toBits, nan: toBits(Number.NaN), values };
  types.set(dtype, made);
  return made;
}
