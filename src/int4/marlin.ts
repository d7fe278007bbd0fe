import { groupCount, type HeadShape, refuseUnless, TILE_K, TILE_N } from "./shape.ts";

/**
 * Marlin's layout of 4-bit codes (IST-DASLab/marlin `_get_perms` and `pack`; vLLM `gptq_marlin_repack`): int32
 * [hidden/16, 2·vocab], one 16-byte vector per lane and 16×64 tile. Word `4·lane + j` of a tile holds the B fragments of
 * two `mma.m16n8k16`: rows 2·(lane%4) + {0, 1, 8, 9} of columns 16j + lane/4 and 8 further, in nibbles of the order 0 2 4 6 1 3 5 7.
 */
export const WORDS_PER_TILE = (TILE_K * TILE_N) / 8;

/** Codes [vocab, hidden] (0 to 15, rows as in a checkpoint) to Marlin words [hidden/16, 2·vocab]. */
export function packMarlin(codes: Uint8Array, vocabSize: number, hiddenSize: number): Uint32Array {
  refuseShape(vocabSize, hiddenSize);
  refuseUnless(
    codes.length === vocabSize * hiddenSize,
    `${codes.length} codes, [${vocabSize}, ${hiddenSize}] has ${vocabSize * hiddenSize}`,
  );
  refuseWideCodes(codes, hiddenSize);
  const words = new Uint32Array(codes.length / 8);
  const rows = evenly(codes);
  for (let block = 0; block < vocabSize / TILE_N; block++) {
    packBlock(rows.subarray(block * TILE_N * hiddenSize), hiddenSize, words, vocabSize, block);
  }
  return words;
}

/** The inverse of `packMarlin`. */
export function unpackMarlin(words: Uint32Array, vocabSize: number, hiddenSize: number): Uint8Array {
  refuseShape(vocabSize, hiddenSize);
  refuseUnless(
    words.length === (vocabSize * hiddenSize) / 8,
    `${words.length} words, [${hiddenSize / TILE_K}, ${2 * vocabSize}] has ${(vocabSize * hiddenSize) / 8}`,
  );
  const codes = new Uint8Array(vocabSize * hiddenSize);
  for (let block = 0; block < vocabSize / TILE_N; block++) {
    unpackBlock(words, vocabSize, block, codes.subarray(block * TILE_N * hiddenSize), hiddenSize);
  }
  return codes;
}

/** Packs 64 vocabulary rows of codes [64, hidden] into every tile of their columns; `codes` starts at an even address. */
export function packBlock(
  codes: Uint8Array,
  hiddenSize: number,
  words: Uint32Array,
  vocabSize: number,
  block: number,
): void {
  const pairs = new Uint16Array(codes.buffer, codes.byteOffset, (TILE_N * hiddenSize) / 2);
  for (let tile = 0; tile < hiddenSize / TILE_K; tile++) {
    packTile(pairs, tile * (TILE_K / 2), hiddenSize / 2, words, 2 * vocabSize * tile + block * WORDS_PER_TILE);
  }
}

/**
 * One tile. `pairs` are codes two and two along hidden (low byte first), `start` the tile's first pair, `stride` pairs from
 * one vocabulary row to the next, `at` the tile's first word.
 */
export function packTile(pairs: Uint16Array, start: number, stride: number, words: Uint32Array, at: number): void {
  for (let lane = 0; lane < 32; lane++) {
    let row = start + (lane >> 2) * stride + (lane & 3);
    for (let j = 0; j < 4; j++, row += 16 * stride) {
      const below = row + 8 * stride;
      const near = (pairs[row] as number) | ((pairs[row + 4] as number) << 4);
      const far = (pairs[below] as number) | ((pairs[below + 4] as number) << 4);
      words[at + 4 * lane + j] = (near & 0xff) | ((far & 0xff) << 8) | ((near & 0xff00) << 8) | ((far & 0xff00) << 16);
    }
  }
}

/** The inverse of `packBlock`. */
function unpackBlock(
  words: Uint32Array,
  vocabSize: number,
  block: number,
  codes: Uint8Array,
  hiddenSize: number,
): void {
  const pairs = new Uint16Array(codes.buffer, codes.byteOffset, (TILE_N * hiddenSize) / 2);
  const stride = hiddenSize / 2;
  for (let tile = 0; tile < hiddenSize / TILE_K; tile++) {
    const at = 2 * vocabSize * tile + block * WORDS_PER_TILE;
    for (let lane = 0; lane < 32; lane++) {
      let row = tile * (TILE_K / 2) + (lane >> 2) * stride + (lane & 3);
      for (let j = 0; j < 4; j++, row += 16 * stride) {
        const word = words[at + 4 * lane + j] as number;
        const below = row + 8 * stride;
        pairs[row] = (word & 0xf) | ((word >>> 8) & 0xf00);
        pairs[row + 4] = ((word >>> 4) & 0xf) | ((word >>> 12) & 0xf00);
        pairs[below] = ((word >>> 8) & 0xf) | ((word >>> 16) & 0xf00);
        pairs[below + 4] = ((word >>> 12) & 0xf) | ((word >>> 20) & 0xf00);
      }
    }
  }
}

/** Grouped scales, per 64 columns: stored position p holds column 8·(p % 8) + ⌊p / 8⌋. */
const GROUPED = Array.from({ length: 64 }, (_, p) => 8 * (p % 8) + (p >> 3));

/** One scale per column, per 32 columns: those of one C fragment side by side. */
const SINGLE = Array.from({ length: 32 }, (_, p) => 2 * (p >> 3) + 8 * ((p & 7) >> 1) + (p & 1));

/** For the columns of one run of Marlin's scale order (64 grouped, 32 per channel): the stored position of each. */
export function scalePositions({ groupSize }: Pick<HeadShape, "groupSize">): readonly number[] {
  const order = groupSize === "channel" ? SINGLE : GROUPED;
  const positions: number[] = new Array(order.length);
  order.forEach((column, position) => {
    positions[column] = position;
  });
  return positions;
}

/** Scales [vocab, groups] (rows as in a checkpoint) to Marlin's [groups, vocab]. */
export function permuteScales(scales: Uint16Array, shape: HeadShape): Uint16Array {
  const permuted = new Uint16Array(scales.length);
  eachScale(scales, shape, (row, stored) => {
    permuted[stored] = scales[row] as number;
  });
  return permuted;
}

/** The inverse of `permuteScales`. */
export function unpermuteScales(scales: Uint16Array, shape: HeadShape): Uint16Array {
  const rows = new Uint16Array(scales.length);
  eachScale(scales, shape, (row, stored) => {
    rows[row] = scales[stored] as number;
  });
  return rows;
}

function eachScale(scales: Uint16Array, shape: HeadShape, visit: (row: number, stored: number) => void): void {
  const { paddedVocabSize } = shape;
  const groups = groupCount(shape);
  refuseUnless(
    scales.length === paddedVocabSize * groups,
    `${scales.length} scales, [${paddedVocabSize}, ${groups}] has ${paddedVocabSize * groups}`,
  );
  const positions = scalePositions(shape);
  for (let column = 0; column < paddedVocabSize; column++) {
    const run = column - (column % positions.length);
    const stored = run + (positions[column - run] as number);
    for (let group = 0; group < groups; group++) visit(column * groups + group, group * paddedVocabSize + stored);
  }
}

function refuseShape(vocabSize: number, hiddenSize: number): void {
  refuseUnless(
    Number.isSafeInteger(hiddenSize) && hiddenSize > 0 && hiddenSize % TILE_K === 0,
    `hidden is ${hiddenSize}, Marlin needs a multiple of ${TILE_K}`,
  );
  refuseUnless(
    Number.isSafeInteger(vocabSize) && vocabSize > 0 && vocabSize % TILE_N === 0,
    `vocab is ${vocabSize}, Marlin needs a multiple of ${TILE_N}`,
  );
}

function refuseWideCodes(codes: Uint8Array, hiddenSize: number): void {
  let all = 0;
  for (let i = 0; i < codes.length; i++) all |= codes[i] as number;
  if (all < 16) return;
  const wide = codes.findIndex((code) => code > 15);
  const place = `[${Math.floor(wide / hiddenSize)}, ${wide % hiddenSize}]`;
  refuseUnless(false, `code ${codes[wide]} at ${place}, 0 to 15 are 4 bits`);
}

/** The same codes at an even address. */
function evenly(codes: Uint8Array): Uint8Array {
  return codes.byteOffset % 2 === 0 ? codes : codes.slice();
}
