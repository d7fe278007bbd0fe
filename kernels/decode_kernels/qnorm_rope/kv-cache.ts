import type { Axes } from "../../../src/definition.ts";
import { axesOf } from "./axes.ts";

/** First element of a token's key (`which` 0) or value (1) of one head, in the layouts that vLLM uses. */
export type PlaceInCache = (slot: number, head: number, which: 0 | 1) => number;

/** 1: pages of [2, page_size, num_kv_heads, head_dim]; 2: pages of [num_kv_heads, page_size, 2 * head_dim], key first. */
export function placeInCache(axes: Axes): PlaceInCache {
  const { cache_layout, num_kv_heads, head_dim, page_size, page_stride } = axesOf(axes);
  return (slot, head, which) => {
    const offset = slot % page_size;
    const page = (slot - offset) / page_size;
    const vector =
      cache_layout === 1 ? (which * page_size + offset) * num_kv_heads + head : (head * page_size + offset) * 2 + which;
    return page * page_stride + vector * head_dim;
  };
}
