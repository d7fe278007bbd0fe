import { packBlock, packTile, scalePositions, WORDS_PER_TILE } from "./marlin.ts";
import type { QuantisedRows } from "./quantise.ts";
import { groupCount, type HeadShape, ONE_BITS, type ScaleDtype, TILE_K, TILE_N, ZERO_CODE } from "./shape.ts";

/** An int4 head as a Marlin kernel takes it. */
export interface MarlinHead extends HeadShape {
  /** int32 words [hidden/16, 2·padded vocab]. */
  weight: Uint32Array;
  scaleDtype: ScaleDtype;
  /** Bits of the scales [groups, padded vocab], in Marlin's order. */
  scales: Uint16Array;
}

const ZERO_WORD = 0x88888888;
const ZERO_PAIR = 0x0808;

/** Fills a head from its rows or from its tiles; what nobody adds is padding: weight 0 with scale 1. */
export class MarlinBuilder {
  readonly #shape: HeadShape;
  readonly #head: MarlinHead;
  readonly #positions: readonly number[];

  constructor(shape: HeadShape, scaleDtype: ScaleDtype) {
    const { paddedVocabSize, hiddenSize } = shape;
    this.#shape = shape;
    this.#positions = scalePositions(shape);
    this.#head = {
      ...shape,
      weight: new Uint32Array((paddedVocabSize * hiddenSize) / 8).fill(ZERO_WORD),
      scaleDtype,
      scales: new Uint16Array(paddedVocabSize * groupCount(shape)).fill(ONE_BITS[scaleDtype]),
    };
  }

  /** Rows from `firstRow`, a multiple of 64, on: codes [rows, hidden], scales [rows, groups]. */
  addRows(firstRow: number, { codes, scales }: QuantisedRows): void {
    this.#addCodes(firstRow, codes);
    this.#addScales(firstRow, scales);
  }

  #addCodes(firstRow: number, codes: Uint8Array): void {
    const { hiddenSize, paddedVocabSize } = this.#shape;
    const blockCodes = TILE_N * hiddenSize;
    for (let done = 0; done < codes.length; done += blockCodes) {
      let block = codes.subarray(done, done + blockCodes);
      if (block.length < blockCodes || block.byteOffset % 2 === 1) {
        const padded = new Uint8Array(blockCodes).fill(ZERO_CODE);
        padded.set(block);
        block = padded;
      }
      const index = (firstRow + done / hiddenSize) / TILE_N;
      packBlock(block, hiddenSize, this.#head.weight, paddedVocabSize, index);
    }
  }

  #addScales(firstRow: number, scales: Uint16Array): void {
    const groups = groupCount(this.#shape);
    for (let row = 0; row < scales.length / groups; row++) {
      const stored = this.#storedColumn(firstRow + row);
      for (let group = 0; group < groups; group++)
        this.#setScale(group, stored, scales[row * groups + group] as number);
    }
  }

  /** Scales [groups, vocab], as GPTQ holds them. */
  addScaleRows(scales: Uint16Array): void {
    const { vocabSize } = this.#shape;
    for (let column = 0; column < vocabSize; column++) {
      const stored = this.#storedColumn(column);
      for (let group = 0; group < groupCount(this.#shape); group++) {
        this.#setScale(group, stored, scales[group * vocabSize + column] as number);
      }
    }
  }

  /** Sixteen rows along hidden of every column: pairs [vocab, 8] of codes, the first row of each pair in the low byte. */
  addTiles(tile: number, pairs: Uint16Array): void {
    const { paddedVocabSize } = this.#shape;
    const stride = TILE_K / 2;
    const padded = new Uint16Array(paddedVocabSize * stride).fill(ZERO_PAIR);
    padded.set(pairs);
    for (let block = 0; block < paddedVocabSize / TILE_N; block++) {
      const at = 2 * paddedVocabSize * tile + block * WORDS_PER_TILE;
      packTile(padded, block * TILE_N * stride, stride, this.#head.weight, at);
    }
  }

  finish(): MarlinHead {
    return this.#head;
  }

  #storedColumn(column: number): number {
    const run = column % this.#positions.length;
    return column - run + (this.#positions[run] as number);
  }

  #setScale(group: number, stored: number, bits: number): void {
    this.#head.scales[group * this.#shape.paddedVocabSize + stored] = bits;
  }
}
