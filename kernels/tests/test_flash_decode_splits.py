"""split_heuristic.py against the cases of split_cases.json, as flash-decode-splits.test.ts does with the other one."""

import json
from pathlib import Path

import pytest

from decode_kernels.flash_decode import split_heuristic
from decode_kernels.flash_decode.ops import slots

CASES = json.loads(Path(split_heuristic.__file__).with_name("split_cases.json").read_text())


@pytest.mark.parametrize("case", CASES["flashAttention"])
def test_flash_attention(case):
    blocks = -(-case["kvLen"] // split_heuristic.FLASH_ATTENTION_BLOCK_KEYS)
    assert split_heuristic.flash_attention_splits(2, 2 * case["multiprocessors"], blocks) == case["splits"]


def test_flash_attention_does_not_split_where_the_tiles_fill_the_device():
    assert split_heuristic.flash_attention_splits(87, 108, 64) == 1
    assert split_heuristic.flash_attention_splits(86, 108, 64) > 1


@pytest.mark.parametrize("case", CASES["sizes"])
def test_size(case):
    fields = split_heuristic.SplitConfiguration.__dataclass_fields__
    configuration = split_heuristic.SplitConfiguration(**{name: case[name] for name in fields})
    assert split_heuristic.split_size(configuration) == case["size"]
    assert split_heuristic.max_splits(configuration, case["size"]) == case["splits"]
    assert slots(case["max_q_len"], case["window"], case["max_kv_len"], case["size"]) == case["splits"]
