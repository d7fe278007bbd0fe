import { bf16FromBits, f16FromBits, f16ToBits, roundToBf16 } from "../../../src/narrow-float.ts";

/** Columns of Marlin's tile, and k of one of its words' tiles. */
export const TILE = 64;
export const STEP = 16;

/** A head's bits: `weights` int32 [hidden_size / 16][2 * num_columns], `scales` 16-bit [num_groups][num_columns]. */
export interface PackedHead {
  weights: Int32Array;
  scales: Uint16Array;
  numColumns: number;
  hiddenSize: number;
  groupSize: number;
  perChannel: boolean;
  float16: boolean;
}

/** Place of the scale of column `n` of a group's row: each 64 columns transposed as 8 x 8, or Marlin's 32 for one scale per column. */
export function scaleIndex(n: number, perChannel: boolean): number {
  if (!perChannel) return n - (n % 64) + 8 * (n % 8) + ((n % 64) >> 3);
  const column = n % 32;
  return n - column + 8 * ((column % 8) >> 1) + 2 * (column >> 3) + (column & 1);
}

/** Word (of a row of 2 * num_columns) and shift of the weight k (below 16), n. */
export function wordIndex(k: number, n: number): number {
  const lane = (n % 8) * 4 + ((k % 8) >> 1);
  return (n - (n % TILE)) * 2 + lane * 4 + ((n % TILE) >> 4);
}

export function nibbleShift(k: number, n: number): number {
  return 4 * ((k >> 3) + 2 * ((n % 16) >> 3) + 4 * (k & 1));
}

const WORDS = Uint16Array.from({ length: STEP * TILE }, (_, i) => wordIndex(i % STEP, i >> 4));
const SHIFTS = Uint8Array.from({ length: STEP * TILE }, (_, i) => nibbleShift(i % STEP, i >> 4));

/** Weights as the kernel multiplies by them, by scale bits and code: (code - 8) * scale rounded once to 16 bits. */
export class WeightTable {
  readonly #values = new Float64Array(65536 * 16);
  readonly #filled = new Uint8Array(65536);
  readonly #float16: boolean;

  constructor(float16: boolean) {
    this.#float16 = float16;
  }

  /** Start of the 16 weights of a scale in `values`. */
  rowOf(scaleBits: number): number {
    if (this.#filled[scaleBits] === 0) this.#fill(scaleBits);
    return scaleBits * 16;
  }

  get values(): Float64Array {
    return this.#values;
  }

  #fill(scaleBits: number): void {
    const scale = scaleValue(scaleBits, this.#float16);
    for (let code = 0; code < 16; code++)
      this.#values[scaleBits * 16 + code] = round16((code - 8) * scale, this.#float16);
    this.#filled[scaleBits] = 1;
  }
}

export function scaleValue(bits: number, float16: boolean): number {
  return float16 ? f16FromBits(bits) : bf16FromBits(bits);
}

export function round16(value: number, float16: boolean): number {
  return float16 ? f16FromBits(f16ToBits(value)) : roundToBf16(value);
}

/** Weights of 16 k from `16 * step` of the 64 columns of a tile, [column][k], into `out`; unscaled where scales are per channel. */
export function unpackStep(head: PackedHead, table: WeightTable, tile: number, step: number, out: Float64Array): void {
  const { weights, scales, numColumns, perChannel } = head;
  const { values } = table;
  const base = step * 2 * numColumns + tile * 128;
  const group = perChannel ? 0 : Math.floor((step * STEP) / head.groupSize) * numColumns + tile * TILE;
  for (let column = 0; column < TILE; column++) {
    const row = perChannel ? 0 : table.rowOf(scales[group + 8 * (column & 7) + (column >> 3)] as number);
    const end = (column + 1) * STEP;
    for (let i = column * STEP; i < end; i++) {
      const code = ((weights[base + (WORDS[i] as number)] as number) >>> (SHIFTS[i] as number)) & 15;
      out[i] = perChannel ? code - 8 : (values[row + code] as number);
    }
  }
}
