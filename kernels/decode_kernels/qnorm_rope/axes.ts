import type { Axes } from "../../../src/definition.ts";

type AxisName =
  | "num_tokens"
  | "num_qo_heads"
  | "num_kv_heads"
  | "head_dim"
  | "num_rotary_pairs"
  | "pair_distance"
  | "rope_theta"
  | "round_intermediate"
  | "v_norm"
  | "k_eq_v"
  | "qkv_stride"
  | "max_position"
  | "cache_layout"
  | "num_pages"
  | "page_size"
  | "page_stride";

/** The axes by their names in definition.json. */
export function axesOf(axes: Axes): Record<AxisName, number> {
  return axes as Record<AxisName, number>;
}

/** Heads of a packed row: queries, keys and, unless the keys are the values too, values. */
export function packedHeads(axes: Axes): number {
  const { num_qo_heads, num_kv_heads, k_eq_v } = axesOf(axes);
  return num_qo_heads + (2 - k_eq_v) * num_kv_heads;
}
