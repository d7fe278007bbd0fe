import type { RandomStream } from "../../../src/random.ts";
import type { InputContext } from "../../../src/reference-module.ts";
import { firstVisibleKey, type Shape, shapeOf } from "./cache.ts";
import { InputCache, keyDeviation } from "./input-cache.ts";
import { hadamardQueries } from "./needles.ts";
import { RECIPES } from "./recipes.ts";

/** Seeds of the launches after the first start here (src/inputs.ts). */
const SEEDS_OF_LATER_LAUNCHES = 2 ** 20;

/** What reference.ts makes itself, in the definition's order. */
export const inputs = { kv_lens: kvLens, block_table: blockTable, q: queries, kv_cache: kvCache };

/** The longest first, the others drawn; those of later launches are at most half as long. */
function kvLens({ axes, stream, seed }: InputContext): Float64Array {
  const { batch_size, min_kv_len, max_kv_len } = shapeOf(axes);
  const later = seed >= SEEDS_OF_LATER_LAUNCHES;
  const longest = later ? Math.max(min_kv_len, Math.floor(max_kv_len / 2)) : max_kv_len;
  return Float64Array.from({ length: batch_size }, (_, i) => (i === 0 ? longest : stream.integer(min_kv_len, longest)));
}

/** Pages in random order, the leading ones shared by all; what is not to be read points outside the pool. */
function blockTable({ axes, stream, values }: InputContext): Float64Array {
  const shape = shapeOf(axes);
  const { batch_size, max_pages, num_pages, page_size, shared_pages } = shape;
  refuseLongLengths(shape, values.kv_lens as Float64Array);
  const free = shuffled(stream, num_pages);
  const shared = Array.from({ length: shared_pages }, () => taken(free));
  const table = new Float64Array(batch_size * max_pages).fill(num_pages + 1);
  for (let sequence = 0; sequence < batch_size; sequence++) {
    const kvLen = values.kv_lens?.[sequence] as number;
    const first = Math.floor(firstVisibleKey(shape, kvLen) / page_size);
    for (let i = first; i * page_size < kvLen; i++) table[sequence * max_pages + i] = shared[i] ?? taken(free);
  }
  return table;
}

/** The axes promise how many keys a sequence has and how many of them are seen. */
function refuseLongLengths(shape: Shape, kvLens: Float64Array): void {
  for (const kvLen of kvLens) {
    const visible = kvLen - firstVisibleKey(shape, kvLen);
    if (kvLen > shape.max_kv_len || visible > shape.max_visible_keys) {
      throw new Error(`a sequence has ${kvLen} keys and sees ${visible}, more than max_kv_len or max_visible_keys`);
    }
  }
}

function taken(free: number[]): number {
  const page = free.pop();
  if (page === undefined) throw new Error("num_pages is less than the sequences need");
  return page;
}

function shuffled(stream: RandomStream, count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = stream.integer(0, i);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

function queries({ axes, stream, recipe }: InputContext): Float64Array {
  const shape = shapeOf(axes);
  const { batch_size, q_len, num_qo_heads, head_dim } = shape;
  if (recipe === "needles") return hadamardQueries(shape, stream);
  return Float64Array.from({ length: batch_size * q_len * num_qo_heads * head_dim }, () => stream.normal());
}

/** NaN but for the keys that some row sees; those are normal with scores of variance 1, then as the recipe has them. */
function kvCache(context: InputContext): Uint16Array {
  const cache = new InputCache(context);
  const { shape, stream, strides } = cache;
  const keyBits = bitsOfNormals(cache, keyDeviation(shape, cache.scale));
  const valueBits = bitsOfNormals(cache, 1);
  cache.forEachHead((sequence, head) => {
    const { first, end } = cache.visible(sequence);
    for (let key = first; key < end; key++) {
      const start = cache.start(sequence, head, key);
      fill(cache.bits, start, shape.head_dim, keyBits, stream);
      fill(cache.bits, start + strides.value, shape.head_dim, valueBits, stream);
    }
  });
  RECIPES[context.recipe]?.(cache);
  return cache.bits;
}

/** 65536 normals to draw from: a pool of 2^28 elements takes a second, not a minute. */
function bitsOfNormals({ stream, type }: InputCache, deviation: number): Uint16Array {
  return Uint16Array.from({ length: 65536 }, () => type.toBits(stream.normal() * deviation));
}

function fill(bits: Uint16Array, start: number, count: number, from: Uint16Array, stream: RandomStream): void {
  for (let i = start; i < start + count; i += 2) {
    const drawn = stream.bits();
    bits[i] = from[drawn & 0xffff] as number;
    bits[i + 1] = from[drawn >>> 16] as number;
  }
}
