import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  FLASH_ATTENTION_BLOCK_KEYS,
  flashAttentionSplits,
  maxSplits,
  type SplitConfiguration,
  splitSize,
} from "../../kernels/decode_kernels/flash_decode/split_heuristic.ts";
import { KERNELS_FOLDER } from "../../src/package-root.ts";

interface Cases {
  flashAttention: { multiprocessors: number; kvLen: number; splits: number }[];
  sizes: (SplitConfiguration & { size: number; splits: number })[];
}

/** kernels/tests/test_flash_decode_splits.py holds split_heuristic.py against the same file. */
const { flashAttention, sizes }: Cases = JSON.parse(
  readFileSync(join(KERNELS_FOLDER, "flash_decode", "split_cases.json"), "utf8"),
);

describe("FlashAttention's heuristic, batch 1 and two KV heads", () => {
  it.each(flashAttention)("$multiprocessors multiprocessors, $kvLen keys: $splits", (row) => {
    const blocks = Math.ceil(row.kvLen / FLASH_ATTENTION_BLOCK_KEYS);
    expect(flashAttentionSplits(2, 2 * row.multiprocessors, blocks)).toBe(row.splits);
  });

  it("does not split where the tiles alone fill the device", () => {
    expect(flashAttentionSplits(87, 108, 64)).toBe(1);
    expect(flashAttentionSplits(86, 108, 64)).toBeGreaterThan(1);
  });
});

describe("the size of a split", () => {
  it.each(sizes)("$num_qo_heads/$num_kv_heads, $max_kv_len keys, window $window: $size", (row) => {
    expect(splitSize(row)).toBe(row.size);
    expect(maxSplits(row, row.size)).toBe(row.splits);
  });

  it.each(sizes)("holds whole tiles, fits the bound on partial results and the definition's bound on slots", (row) => {
    const rows = (row.max_q_len * row.num_qo_heads) / row.num_kv_heads;
    expect(row.size % 64).toBe(0);
    const partialShare = (8 * rows) / (4 * row.size);
    if (row.splits >= 9) expect(partialShare).toBeLessThanOrEqual(1 / 16);
    for (let kvLen = 1; kvLen <= Math.min(row.max_kv_len, 5000); kvLen += 7) {
      const first = row.window === 0 ? 0 : Math.max(kvLen - row.max_q_len + 1 - row.window, 0);
      const live = Math.ceil(kvLen / row.size) - Math.floor(first / row.size);
      expect(live).toBeLessThanOrEqual(row.splits);
    }
  });
});
