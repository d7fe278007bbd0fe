"""Triton sources in Triton's interpreter, which runs a program as one thread: values show, races cannot."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import torch

from qnorm_rope_inputs import WORKLOADS, activation
from qnorm_rope_launch import exhibits

TESTS = Path(__file__).parent
WRONG_IN_ANY_ORDER = {"padding-to-slot-zero"}  # a race, and in the wrong place
SIDES = {
    f"exhibits/{name}/{side}:{exhibit['workload']}": side == "broken"
    and (exhibit["expected"]["check"] == "diff" or name in WRONG_IN_ANY_ORDER)
    for name, exhibit in exhibits().items()
    if exhibit["variant"]["language"] == "triton"
    for side in ("broken", "twin")
}


def runs(workload: dict) -> bool:
    """Whether the interpreter can: it casts to bfloat16 by dropping bits, and misreads bfloat16 subnormals."""
    if activation(workload) == torch.float16:
        return True
    exact = workload["axes"]["round_intermediate"] > 0 or workload["recipe"] == "denormals"
    return not exact and not workload.get("full", False)


KERNEL = [f"triton:{name}" for name, workload in WORKLOADS.items() if runs(workload)]

OPERATOR = [
    f"op:{name}"
    for name in (
        "sliding-t1",
        "full-q-only-t2",
        "sliding-strided-t3",
        "sliding-cache-hnd-t4",
        "sliding-cache-odd-page-t5",
        "full-12b-k-eq-v-cache-nhd-t2",
        "qwen3-cache-nhd-t4",
        "glm-partial-t2",
        "full-fp16-cache-hnd-t3",
        "sliding-fp16-round-t2",
    )
]


@cache
def verdicts() -> dict[str, list[str]]:
    """Violations of every source on its workload, from one process."""
    pytest.importorskip("triton")
    pytest.importorskip("numpy")
    environment = {**os.environ, "TRITON_INTERPRET": "1", "PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}"}
    command = [sys.executable, TESTS / "interpreter/qnorm_rope_sources.py", *KERNEL, *OPERATOR, *SIDES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("argument", KERNEL + OPERATOR)
def test_kernel_keeps_the_rule(argument):
    assert verdicts()[argument] == []


@pytest.mark.parametrize("argument", SIDES)
def test_only_wrong_values_show(argument):
    assert bool(verdicts()[argument]) == SIDES[argument]
