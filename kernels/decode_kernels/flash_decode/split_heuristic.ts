/** Keys of FlashAttention-2's block for head_dim above 128; its heuristic counts in such blocks. */
export const FLASH_ATTENTION_BLOCK_KEYS = 64;

/** CTAs of the partial stage that one multiprocessor holds at once. */
const RESIDENT_CTAS = 2;
/** Waves at the longest length, so that a quarter of it still fills the device. */
const WAVES = 4;
const SMALLEST = 128;
/** Splits below which filling the device matters more than the traffic of partial results. */
const FEWEST = 8;
const STEP = 64;

/** What is fixed while a model is served; nothing of it differs from step to step. */
export interface SplitConfiguration {
  multiprocessors: number;
  num_qo_heads: number;
  num_kv_heads: number;
  /** Most query tokens of a step: 1, and the drafted ones. */
  max_q_len: number;
  max_kv_len: number;
  /** 0: none. */
  window: number;
}

/**
 * Keys of a split: as few as fill the device four times over at the longest length, one sequence alone, but at least 128.
 * Where 8 splits are left, also at least 32 times the rows of a KV head: partial results (8 bytes a row and dim, written
 * and read) then stay below a sixteenth of the keys and values (4 bytes a key and dim). A multiple of 64: whole tiles.
 */
export function splitSize({ multiprocessors, num_qo_heads, num_kv_heads, ...shape }: SplitConfiguration): number {
  const { max_q_len, max_kv_len, window } = shape;
  const visible = window === 0 ? max_kv_len : Math.min(max_kv_len, window + max_q_len - 1);
  const rows = (max_q_len * num_qo_heads) / num_kv_heads;
  const cheap = Math.min(32 * rows, Math.ceil(visible / FEWEST));
  const fills = Math.ceil((visible * num_kv_heads) / (multiprocessors * RESIDENT_CTAS * WAVES));
  return Math.ceil(Math.max(SMALLEST, cheap, fills) / STEP) * STEP;
}

/** Most splits with visible keys that a sequence has: a window may begin and end within one. */
export function maxSplits({ max_q_len, max_kv_len, window }: SplitConfiguration, size: number): number {
  if (window === 0) return Math.ceil(max_kv_len / size);
  const visible = Math.min(max_kv_len, window + max_q_len - 1);
  return Math.min(Math.ceil(max_kv_len / size), Math.ceil((visible + size - 1) / size));
}

/**
 * FlashAttention-2's number of splits, for comparison (csrc/flash_attn/flash_api.cpp, num_splits_heuristic): the fewest
 * within 85 % of the best wave efficiency. It follows the length and the batch, so a row's sums do too.
 */
export function flashAttentionSplits(tiles: number, multiprocessors: number, blocks: number, most = 128): number {
  if (tiles >= 0.8 * multiprocessors) return 1;
  const efficiencies: { splits: number; efficiency: number }[] = [];
  for (let splits = 1; splits <= Math.min(most, multiprocessors, blocks); splits++) {
    if (splits > 1 && Math.ceil(blocks / splits) === Math.ceil(blocks / (splits - 1))) continue;
    const waves = (tiles * splits) / multiprocessors;
    efficiencies.push({ splits, efficiency: waves / Math.ceil(waves) });
  }
  const best = Math.max(...efficiencies.map(({ efficiency }) => efficiency));
  return efficiencies.find(({ efficiency }) => efficiency >= 0.85 * best)?.splits ?? 1;
}
