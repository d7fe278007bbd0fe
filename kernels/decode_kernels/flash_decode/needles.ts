import type { RandomStream } from "../../../src/random.ts";
import { keysOfToken, type Shape } from "./cache.ts";
import type { InputCache } from "./input-cache.ts";

/** Score of a needle with its row; every other key scores about 1. */
const SCORE = 32;

/**
 * Needles: every row of a kv head has keys of its own that outweigh all others by e^30, so that its output is the mean of
 * their values, and one key skipped, doubled or seen by mistake is an error far above rounding. Queries are rows of a
 * Hadamard matrix (orthogonal, so that a needle is one row's alone) with random signs by column.
 */
export function hadamardQueries(shape: Shape, stream: RandomStream): Float64Array {
  const { batch_size, q_len, num_qo_heads, num_kv_heads, head_dim } = shape;
  const group = num_qo_heads / num_kv_heads;
  const signs = Float64Array.from({ length: head_dim }, () => 1 - 2 * stream.integer(0, 1));
  const q = new Float64Array(batch_size * q_len * num_qo_heads * head_dim);
  for (let place = 0; place < batch_size * q_len * num_qo_heads; place++) {
    const token = Math.floor(place / num_qo_heads);
    const row = (token * group + (place % group)) % head_dim;
    for (let i = 0; i < head_dim; i++) q[place * head_dim + i] = parity(row & i) * (signs[i] as number);
  }
  return q;
}

function parity(bits: number): number {
  let rest = bits;
  for (let shift = 16; shift > 0; shift >>= 1) rest ^= rest >> shift;
  return rest & 1 ? -1 : 1;
}

/** Needles at the first and last key that a row sees and, in turn among the rows, at every edge; decoys just outside. */
export function addNeedles(cache: InputCache): void {
  const { shape, scale } = cache;
  const group = shape.num_qo_heads / shape.num_kv_heads;
  const rows = shape.q_len * group;
  const factor = SCORE / (shape.head_dim * scale);
  cache.forEachHead((sequence, head) => {
    const seen = cache.visible(sequence);
    const edges = edgesOf(shape, seen);
    for (let row = 0; row < rows; row++) {
      const token = Math.floor(row / group);
      const { first, end } = keysOfToken(shape, seen.end, token);
      const keys = new Set([first - 1, first, end - 1, end, ...edges.filter((_, i) => i % rows === row)]);
      for (const key of keys) {
        if (key < seen.first || key >= seen.end) continue;
        cache.add(cache.start(sequence, head, key), cache.query(sequence, token, head, row % group), factor);
      }
    }
  });
}

/** Both sides of each edge of a split, a page (every one of at least 16 keys, else each 16th) and the middle. */
function edgesOf({ split_size, page_size }: Shape, { first, end }: { first: number; end: number }): number[] {
  const edges = new Set<number>([Math.floor((first + end) / 2)]);
  for (const step of [split_size, Math.max(page_size, 16)]) {
    for (let edge = Math.ceil(first / step) * step; edge <= end; edge += step) edges.add(edge - 1).add(edge);
  }
  return [...edges].sort((a, b) => a - b);
}
