"""Committed artifacts of qnorm_rope on the device: loaded once, launched with guarded buffers."""

import json
import re
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from cuda_driver import Kernel, UnsupportedPtxVersion, c_value
from qnorm_rope_launch import evaluate, new_outputs, values

GUARD = 256  # elements of NaN on either side of an output, 512 bytes of 16-bit elements: alignment stays


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


def launch_artifact(record_file: Path, workload: dict, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Outputs by name; fails where a guard band was written."""
    axes = workload["axes"]
    record, kernel = load(record_file)
    guarded = {name: guard(output) for name, output in new_outputs(workload, inputs).items()}
    tensors = {**inputs, **{name: inner for name, (_, inner) in guarded.items()}}
    arguments = values(record["parameters"], axes, tensors)
    rule = record["launch"]
    kernel.launch(
        [evaluate(size, axes) for size in rule["grid"]],
        [evaluate(size, axes) for size in rule["block"]],
        evaluate(rule["sharedBytes"], axes),
        [c_value(parameter, value) for parameter, value in zip(record["parameters"], arguments, strict=True)],
    )
    torch.cuda.synchronize()
    for name, (whole, _) in guarded.items():
        assert whole[:GUARD].isnan().all(), f"{name}: wrote before its first element"
        assert whole[-GUARD:].isnan().all(), f"{name}: wrote past its last element"
    return {name: inner for name, (_, inner) in guarded.items()}


def guard(output: Tensor) -> tuple[Tensor, Tensor]:
    """A copy with NaN on both sides: the whole buffer, and the view of its middle in the shape of `output`."""
    whole = torch.full([output.numel() + 2 * GUARD], torch.nan, dtype=output.dtype, device=output.device)
    inner = whole[GUARD : GUARD + output.numel()].view(output.shape)
    inner.copy_(output)
    return whole, inner
