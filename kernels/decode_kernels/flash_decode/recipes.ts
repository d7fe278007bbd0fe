import { type InputCache, keyDeviation } from "./input-cache.ts";
import { addNeedles } from "./needles.ts";

/** What each recipe makes of a cache of normal keys and values. */
export const RECIPES: Record<string, (cache: InputCache) => void> = {
  needles: addNeedles,
  "large-scores": largeScores,
  "equal-keys": equalKeys,
  "dominating-key": dominatingKey,
  outliers,
};

export const recipes = Object.keys(RECIPES);

/** Scores of standard deviation 150, as scale 1 and normed queries and keys may give. */
function largeScores(cache: InputCache): void {
  eachKey(cache, (start) => {
    for (let i = start; i < start + cache.shape.head_dim; i++) {
      cache.bits[i] = cache.type.toBits(150 * (cache.type.values[cache.bits[i] as number] as number));
    }
  });
}

/** Every key is the first one: uniform weights, the mean of all values. */
function equalKeys(cache: InputCache): void {
  eachKey(cache, (start, sequence, head) => {
    const first = cache.start(sequence, head, cache.visible(sequence).first);
    cache.bits.copyWithin(start, first, first + cache.shape.head_dim);
  });
}

/** One key of each sequence and head scores 60 with the first q head of the last token. */
function dominatingKey(cache: InputCache): void {
  cache.forEachHead((sequence, head) => {
    const { first, end } = cache.visible(sequence);
    if (first === end) return;
    const query = cache.query(sequence, cache.shape.q_len - 1, head, 0);
    const squared = query.reduce((sum, x) => sum + x * x, 0);
    const start = cache.start(sequence, head, cache.stream.integer(first, end - 1));
    cache.add(start, query, 60 / (squared * cache.scale));
  });
}

/** Key channel 3 lies far from 0 for every key; each 61st value has an element 64 times as large. */
function outliers(cache: InputCache): void {
  const { type, shape, stream, bits, strides } = cache;
  const offset = type.toBits(64 * keyDeviation(shape, cache.scale));
  eachKey(cache, (start, _sequence, _head, key) => {
    bits[start + 3] = offset;
    if (key % 61 === 0) bits[start + strides.value + stream.integer(0, shape.head_dim - 1)] = type.toBits(64);
  });
}

function eachKey(cache: InputCache, body: (start: number, sequence: number, head: number, key: number) => void): void {
  cache.forEachHead((sequence, head) => {
    const { first, end } = cache.visible(sequence);
    for (let key = first; key < end; key++) body(cache.start(sequence, head, key), sequence, head, key);
  });
}
