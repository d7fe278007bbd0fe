"""Committed artifacts in the current context, loaded once."""

import json
import re
from functools import cache
from pathlib import Path

import pytest
import torch

from cuda_driver import Kernel, UnsupportedPtxVersion, c_value
from expressions import evaluate


@cache
def load(record_file: Path) -> tuple[dict, Kernel]:
    """Record and kernel of an artifact; skips where the device can't run its target."""
    record = json.loads(record_file.read_text())
    need = re.fullmatch(r"sm_(\d+?)(\d)([af]?)", record["target"])
    target, have = (int(need[1]), int(need[2])), torch.cuda.get_device_capability()
    if have < target or (need[3] and have != target):
        pytest.skip(f"{record['target']} code does not run on sm_{have[0]}{have[1]}")
    ptx = record_file.with_suffix(".ptx").read_text()
    try:
        return record, Kernel(ptx, record["entry"])
    except UnsupportedPtxVersion:
        version = re.search(r"^\.version\s+(\S+)", ptx, flags=re.MULTILINE)[1]
        pytest.skip(f"the driver is too old for PTX {version}")


def launch(record: dict, kernel: Kernel, axes: dict[str, int], arguments: list) -> None:
    """Launch with one value per parameter, as the record's rule says for the axes."""
    rule = record["launch"]
    kernel.launch(
        [evaluate(size, axes) for size in rule["grid"]],
        [evaluate(size, axes) for size in rule["block"]],
        evaluate(rule["sharedBytes"], axes),
        [c_value(parameter, value) for parameter, value in zip(record["parameters"], arguments, strict=True)],
    )
