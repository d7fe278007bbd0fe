"""flash_decode's Triton kernels, launched as the operator launches them, in Triton's interpreter."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
NAMES = [
    "ragged",
    "window-1",
    "page-1",
    "e4b-full-q8-needles",
    "12b-full-verify",
    "e4b-sliding-verify",
    "softcap-large-scores",
    "short-sequences",
    "short-steps-window",
]


@cache
def verdicts() -> dict[str, list[str]]:
    """Violations on every workload, from one process."""
    pytest.importorskip("triton")
    pytest.importorskip("numpy")
    environment = {**os.environ, "TRITON_INTERPRET": "1", "PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}"}
    command = [sys.executable, TESTS / "interpreter/run_flash_decode.py", *NAMES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_kernels_keep_the_rule(name):
    assert verdicts()[name] == []
