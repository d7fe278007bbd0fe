import type { Axes } from "../../../src/definition.ts";
import { axesOf } from "./axes.ts";

const { fround } = Math;

/**
 * Angle of each rotating pair at a position in float32: inverse frequency theta^(-i / pair_distance) in float32 times
 * the position, as transformers computes it (modeling_rope_utils.py). 2 * pair_distance is the exponent's denominator
 * there: head_dim of full and of Gemma 4's proportional embeddings, rotary_dim of partial ones.
 */
export function anglesAt(axes: Axes, position: number, frequencies = inverseFrequencies(axes)): Float64Array {
  return frequencies.map((frequency) => fround(frequency * position));
}

/** float32 [max_position, 2 * num_rotary_pairs]: cosines of a position, then its sines. */
export function cosSinTable(axes: Axes): Float32Array {
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
}

function inverseFrequencies(axes: Axes): Float64Array {
  const { num_rotary_pairs, pair_distance, rope_theta } = axesOf(axes);
  return Float64Array.from({ length: num_rotary_pairs }, (_, i) =>
    fround(1 / fround(rope_theta ** (i / pair_distance))),
  );
}
