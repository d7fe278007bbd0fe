"""How large a split is, per device and served model; the same numbers as split_heuristic.ts, which says why."""

from dataclasses import dataclass
from math import ceil

FLASH_ATTENTION_BLOCK_KEYS = 64  # of FlashAttention-2 for head_dim above 128
RESIDENT_CTAS, WAVES, FEWEST, SMALLEST, STEP = 2, 4, 8, 128, 64


@dataclass(frozen=True)
class SplitConfiguration:
    """What is fixed while a model is served: nothing of it may differ from step to step. window 0 is none."""

    multiprocessors: int
    num_qo_heads: int
    num_kv_heads: int
    max_q_len: int
    max_kv_len: int
    window: int

    @property
    def max_visible_keys(self) -> int:
        """Most keys that the query tokens of a sequence see together."""
        return self.max_kv_len if self.window == 0 else min(self.max_kv_len, self.window + self.max_q_len - 1)


def split_size(configuration: SplitConfiguration) -> int:
    """Keys of a split, a multiple of 64: few enough to fill the device, enough that partial results cost little."""
    rows = configuration.max_q_len * configuration.num_qo_heads // configuration.num_kv_heads
    cheap = min(32 * rows, divide_up(configuration.max_visible_keys, FEWEST))
    resident = configuration.multiprocessors * RESIDENT_CTAS * WAVES
    fills = divide_up(configuration.max_visible_keys * configuration.num_kv_heads, resident)
    return divide_up(max(SMALLEST, cheap, fills), STEP) * STEP


def max_splits(configuration: SplitConfiguration, size: int) -> int:
    """Most splits with visible keys that a sequence has: a window may begin and end within one."""
    whole = divide_up(configuration.max_kv_len, size)
    if configuration.window == 0:
        return whole
    return min(whole, divide_up(configuration.max_visible_keys + size - 1, size))


def flash_attention_splits(tiles: int, multiprocessors: int, blocks: int, most: int = 128) -> int:
    """FlashAttention-2's number of splits, for comparison (csrc/flash_attn/flash_api.cpp, num_splits_heuristic)."""
    if tiles >= 0.8 * multiprocessors:
        return 1
    efficiencies = {}
    for splits in range(1, min(most, multiprocessors, blocks) + 1):
        if splits > 1 and divide_up(blocks, splits) == divide_up(blocks, splits - 1):
            continue
        waves = tiles * splits / multiprocessors
        efficiencies[splits] = waves / ceil(waves)
    enough = 0.85 * max(efficiencies.values(), default=0.0)
    return next((splits for splits, efficiency in efficiencies.items() if efficiency >= enough), 1)


def divide_up(value: int, by: int) -> int:
    """Ceiling of a quotient of integers."""
    return -(-value // by)
