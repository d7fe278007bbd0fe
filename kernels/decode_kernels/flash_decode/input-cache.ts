import type { RandomStream } from "../../../src/random.ts";
import type { InputContext } from "../../../src/reference-module.ts";
import {
  firstVisibleKey,
  type HalfType,
  halfType,
  type Shape,
  type Strides,
  shapeOf,
  stridesOf,
  tokenOffset,
} from "./cache.ts";

/** Standard deviation of a key's elements that gives scores of standard deviation 1 with queries of 1. */
export function keyDeviation({ head_dim }: Shape, scale: number): number {
  return 1 / (scale * Math.sqrt(head_dim));
}

/** A paged cache that is being made, NaN at first. */
export class InputCache {
  readonly shape: Shape;
  readonly strides: Strides;
  readonly type: HalfType;
  readonly bits: Uint16Array;
  readonly stream: RandomStream;
  readonly scale: number;
  readonly queries: Float64Array;
  readonly #kvLens: Float64Array;
  readonly #pages: Float64Array;

  constructor({ axes, dtypes, stream, values }: InputContext) {
    this.shape = shapeOf(axes);
    this.strides = stridesOf(this.shape);
    this.type = halfType(dtypes.activation as "bf16" | "f16");
    this.bits = new Uint16Array(this.shape.num_pages * this.strides.page).fill(this.type.nan);
    this.stream = stream;
    this.scale = values.scale?.[0] as number;
    this.queries = values.q as Float64Array;
    this.#kvLens = values.kv_lens as Float64Array;
    this.#pages = values.block_table as Float64Array;
  }

  /** Keys that some row of the sequence sees. */
  visible(sequence: number): { first: number; end: number } {
    const end = this.#kvLens[sequence] as number;
    return { first: firstVisibleKey(this.shape, end), end };
  }

  /** Element where a key begins. */
  start(sequence: number, head: number, key: number): number {
    return tokenOffset(this.shape, this.strides, this.#pages, sequence, key) + head * this.strides.head;
  }

  /** The query of a token and one head of a kv head's group. */
  query(sequence: number, token: number, kvHead: number, inGroup: number): Float64Array {
    const { q_len, num_qo_heads, num_kv_heads, head_dim } = this.shape;
    const head = kvHead * (num_qo_heads / num_kv_heads) + inGroup;
    const row = (sequence * q_len + token) * num_qo_heads + head;
    return this.queries.subarray(row * head_dim, (row + 1) * head_dim);
  }

  forEachHead(body: (sequence: number, head: number) => void): void {
    const { batch_size, num_kv_heads } = this.shape;
    for (let sequence = 0; sequence < batch_size; sequence++) {
      for (let head = 0; head < num_kv_heads; head++) body(sequence, head);
    }
  }

  /** Adds a multiple of a vector to what is there. */
  add(start: number, vector: Float64Array, factor: number): void {
    const { bits, type } = this;
    for (let i = 0; i < vector.length; i++) {
      const held = type.values[bits[start + i] as number] as number;
      bits[start + i] = type.toBits(held + factor * (vector[i] as number));
    }
  }
}
