import { type PackedHead, STEP, TILE, unpackStep, WeightTable } from "./marlin-tile.ts";

/** Sums of every column for every token, [token][column], before a scale per channel. */
export interface ColumnSums {
  sums: Float64Array;
  /** How far a kernel's fp32 sum may be from it. */
  bounds: Float64Array;
}

/**
 * Of one mma step (16 products added to the sum so far): terms are cut to 24 bits below the largest one's exponent, twice
 * 9 terms on sm_80 and once 17 to 25 bits on sm_90 (MMA-Sim, arXiv 2511.10909), and the result to fp32, each time: at most
 * 2 * (9 / 2 + 1) units of 2^-23 of the largest magnitude in the step.
 */
const STEP_ERROR = 11 * 2 ** -23;

/** float64 sums over the weights as the kernel rounds them, in one pass over the packed words. */
export function columnSums(head: PackedHead, hidden: Float64Array, numTokens: number): ColumnSums {
  const { numColumns, hiddenSize } = head;
  const sums = new Float64Array(numTokens * numColumns);
  const bounds = new Float64Array(numTokens * numColumns);
  const table = new WeightTable(head.float16);
  const weights = new Float64Array(TILE * STEP);
  const tileSums = new Float64Array(numTokens * TILE);
  const path = new Float64Array(numTokens * TILE);
  const squares = new Float64Array(TILE);
  const hiddenNorms = norms(hidden, numTokens, hiddenSize);
  for (let tile = 0; tile < numColumns / TILE; tile++) {
    tileSums.fill(0);
    path.fill(0);
    squares.fill(0);
    for (let step = 0; step < hiddenSize / STEP; step++) {
      unpackStep(head, table, tile, step, weights);
      addSquares(squares, weights, head.float16 ? 2 ** -14 : 2 ** -126);
      for (let token = 0; token < numTokens; token++) {
        addStep(tileSums, path, token * TILE, weights, hidden, token * hiddenSize + step * STEP);
      }
    }
    for (let token = 0; token < numTokens; token++) {
      for (let column = 0; column < TILE; column++) {
        const at = token * numColumns + tile * TILE + column;
        const magnitude = Math.sqrt(squares[column] as number) * (hiddenNorms[token] as number);
        sums[at] = tileSums[token * TILE + column] as number;
        bounds[at] = STEP_ERROR * ((path[token * TILE + column] as number) + magnitude);
      }
    }
  }
  return isExact(head, hidden, bounds) ? { sums, bounds: bounds.fill(0) } : { sums, bounds };
}

/** The same sums in fp32, product by product in ascending k: the honest low-precision path. */
export function columnSumsFp32(head: PackedHead, hidden: Float64Array, numTokens: number): Float64Array {
  const { numColumns, hiddenSize } = head;
  const { fround } = Math;
  const sums = new Float64Array(numTokens * numColumns);
  const table = new WeightTable(head.float16);
  const weights = new Float64Array(TILE * STEP);
  for (let tile = 0; tile < numColumns / TILE; tile++) {
    for (let step = 0; step < hiddenSize / STEP; step++) {
      unpackStep(head, table, tile, step, weights);
      for (let token = 0; token < numTokens; token++) {
        const from = token * hiddenSize + step * STEP;
        for (let column = 0; column < TILE; column++) {
          const at = token * numColumns + tile * TILE + column;
          let sum = sums[at] as number;
          for (let k = 0; k < STEP; k++) {
            sum = fround(sum + fround((weights[column * STEP + k] as number) * (hidden[from + k] as number)));
          }
          sums[at] = sum;
        }
      }
    }
  }
  return sums;
}

function addStep(
  sums: Float64Array,
  path: Float64Array,
  at: number,
  weights: Float64Array,
  hidden: Float64Array,
  from: number,
): void {
  for (let column = 0; column < TILE; column++) {
    const w = column * STEP;
    let sum = sums[at + column] as number;
    for (let k = 0; k < STEP; k++) sum += (weights[w + k] as number) * (hidden[from + k] as number);
    sums[at + column] = sum;
    path[at + column] = (path[at + column] as number) + Math.abs(sum);
  }
}

/** A tensor core takes a subnormal for as large as `leastNormal` where it compares exponents. */
function addSquares(squares: Float64Array, weights: Float64Array, leastNormal: number): void {
  for (let column = 0; column < TILE; column++) {
    let sum = squares[column] as number;
    for (let i = column * STEP; i < (column + 1) * STEP; i++) {
      const magnitude = Math.max(Math.abs(weights[i] as number), leastNormal);
      sum += magnitude * magnitude;
    }
    squares[column] = sum;
  }
}

function norms(hidden: Float64Array, count: number, length: number): Float64Array {
  return Float64Array.from({ length: count }, (_, row) => {
    let sum = 0;
    for (let i = row * length; i < (row + 1) * length; i++) sum += (hidden[i] as number) ** 2;
    return Math.sqrt(sum);
  });
}

/**
 * Whether every product is a whole number of one unit and every sum of them at most 2^23 units (24 bits, and one less
 * for the truncation to a largest exponent): then no order of summing rounds. Bounds hold more than the magnitudes.
 */
function isExact(head: PackedHead, hidden: Float64Array, bounds: Float64Array): boolean {
  let unit = Number.POSITIVE_INFINITY;
  for (const x of hidden) if (x !== 0) unit = Math.min(unit, lowestBit(x));
  if (unit === Number.POSITIVE_INFINITY) return true;
  let scaleUnit = Number.POSITIVE_INFINITY;
  if (head.perChannel) {
    scaleUnit = 1;
  } else {
    const table = new WeightTable(head.float16);
    const seen = new Uint8Array(65536);
    for (const bits of head.scales) {
      if (seen[bits] === 1) continue;
      seen[bits] = 1;
      const scale = table.values[table.rowOf(bits) + 9] as number;
      if (!Number.isFinite(scale)) return false;
      if (scale !== 0) scaleUnit = Math.min(scaleUnit, lowestBit(scale));
    }
    if (scaleUnit === Number.POSITIVE_INFINITY) return true;
  }
  const largest = bounds.reduce((most, bound) => Math.max(most, bound), 0) / STEP_ERROR;
  return largest <= 2 ** 23 * unit * scaleUnit;
}

/** Value of the lowest set bit of a finite nonzero number. */
function lowestBit(value: number): number {
  let unit = 2 ** Math.floor(Math.log2(Math.abs(value)));
  while (value % unit !== 0) unit /= 2;
  return unit;
}
