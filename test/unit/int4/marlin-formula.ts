/**
 * Marlin's layout written down a second and a third time, apart from src/int4: the closed form, and vLLM's repack kernel from
 * GPTQ words.
 */
const ORDER = [0, 2, 4, 6, 1, 3, 5, 7];

/** Words [K/16, 2N] by the closed form; `codeAt` yields the code of row k (hidden) and column n (vocab). */
export function closedForm(k: number, n: number, codeAt: (k: number, n: number) => number): Uint32Array {
  const words = new Uint32Array((k * n) / 8);
  for (let tile = 0; tile < k / 16; tile++) {
    for (let word = 0; word < 2 * n; word++) {
      const [block, lane, j] = [word >> 7, (word >> 2) & 31, word & 3];
      for (let s = 0; s < 8; s++) {
        const element = ORDER[s] as number;
        const t = element % 4;
        const row = 16 * tile + 2 * (lane % 4) + (t & 1) + 8 * (t >> 1);
        const column = 64 * block + 16 * j + (lane >> 2) + 8 * Math.floor(element / 4);
        words[2 * n * tile + word] = (words[2 * n * tile + word] as number) + codeAt(row, column) * 2 ** (4 * s);
      }
    }
  }
  return words;
}

/** `gptq_marlin_repack` without act-order: GPTQ words [K/8, N] to Marlin's, warp by warp and lane by lane. */
export function repack(words: Uint32Array, k: number, n: number): Uint32Array {
  const out = new Uint32Array(words.length);
  const valueAt = (row: number, column: number) =>
    ((words[(row >> 3) * n + column] as number) >>> (4 * (row & 7))) & 15;
  for (let tile = 0; tile < k / 16; tile++) {
    for (let nTile = 0; nTile < n / 64; nTile++) {
      for (let warp = 0; warp < 4; warp++) {
        for (let lane = 0; lane < 32; lane++) {
          const column = 64 * nTile + 16 * warp + Math.floor(lane / 4);
          const row = 16 * tile + 2 * (lane % 4);
          const values = [0, 1, 8, 9].map((offset) => valueAt(row + offset, column));
          values.push(...[0, 1, 8, 9].map((offset) => valueAt(row + offset, column + 8)));
          let packed = 0;
          ORDER.forEach((index, i) => {
            packed |= (values[index] as number) << (4 * i);
          });
          out[(tile * (n / 64) + nTile) * 128 + 4 * lane + warp] = packed;
        }
      }
    }
  }
  return out;
}

/** Hex digit `digit` of the position k·N + n: all digits together tell every position from every other. */
export function positionDigit(n: number, digit: number): (k: number, n: number) => number {
  return (row, column) => Math.floor((row * n + column) / 16 ** digit) % 16;
}
