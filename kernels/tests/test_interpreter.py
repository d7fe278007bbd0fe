"""Triton sources in Triton's interpreter, which runs a program as one thread: values show, races cannot."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from launch_rules import exhibits
from workload_inputs import WORKLOADS

TESTS = Path(__file__).parent
SIDES = {
    f"exhibits/{name}/{side}:{exhibit['workload']}": side == "broken" and exhibit["expected"]["check"] == "diff"
    for name, exhibit in exhibits().items()
    if exhibit["variant"]["language"] == "triton"
    for side in ("broken", "twin")
}
KERNEL = [f"triton:{workload}" for workload in WORKLOADS]


@cache
def verdicts() -> dict[str, list[str]]:
    """Violations of every source on its workload, from one process."""
    pytest.importorskip("triton")
    pytest.importorskip("numpy")
    environment = {**os.environ, "TRITON_INTERPRET": "1", "PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}"}
    command = [sys.executable, TESTS / "interpreter/run_sources.py", *KERNEL, *SIDES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("argument", KERNEL)
def test_kernel_keeps_the_rule(argument):
    assert verdicts()[argument] == []


@pytest.mark.parametrize("argument", SIDES)
def test_only_wrong_values_show(argument):
    assert bool(verdicts()[argument]) == SIDES[argument]
