"""The command: which cases, on which device, what is printed, and the exit code."""

import argparse
import json
import sys
from pathlib import Path

from bench.baselines import Baselines, measure_baselines
from bench.cases import OPS, Case, selected
from bench.conditions import read_under_load, software_and_device
from bench.graph_timing import Device
from bench.measure import Result, measure
from bench.report import document, text

FAILED, NO_DEVICE = 1, 3
BAD = ("wrong", "implausible", "failed")


def options() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(
        prog="quick.py", description="Decode operators in CUDA graphs, beside a copy and an empty kernel."
    )
    parser.add_argument("--op", choices=OPS, help="one operator; without it all")
    parser.add_argument("--case", default="", metavar="SUBSTRING", help="cases with this in `op name l2`")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every sample and the conditions")
    return parser


def missing() -> str | None:
    """What stands in the way of measuring, or nothing."""
    try:
        import torch
        import triton  # noqa: F401
    except ImportError as error:
        return f"Python package {error.name}"
    return None if torch.cuda.is_available() else "a CUDA device that torch can use"


def main(arguments: list[str]) -> int:
    """0: all measured or skipped with a reason. 1: a case is wrong, implausible or failed. 2: usage. 3: no device."""
    parser = options()
    chosen = parser.parse_args(arguments)
    if chosen.json is not None and not chosen.json.parent.is_dir():
        parser.error(f"--json: there is no folder {chosen.json.parent}")
    lacking = missing()
    if lacking is not None:
        print(f"quick.py: missing: {lacking}", file=sys.stderr)
        return NO_DEVICE
    from bench.cuda_device import CudaDevice

    device = CudaDevice()
    cases = selected(chosen.op, chosen.case, device.multiprocessors)
    if not cases:
        parser.error(f"no case has {chosen.case!r} in its name")
    conditions = software_and_device() | read_under_load(device.uuid, lambda: measure_baselines(device))
    baselines, results = run(device, cases)
    print(text(results, conditions, baselines))
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(document(results, conditions, baselines), indent=1) + "\n", encoding="utf-8")
    return exit_code(results)


def run(device: Device, cases: list[Case]) -> tuple[Baselines, list[Result]]:
    """The baselines, then case by case; progress goes to stderr."""
    baselines = measure_baselines(device)
    results = []
    for case in cases:
        device.release()
        print(f"{case.op} {case.name} ({case.l2})", file=sys.stderr)
        results.append(measure(device, case, baselines))
    return baselines, results


def exit_code(results: list[Result]) -> int:
    """1 where a figure was refused or an output was wrong, or where nothing could be measured."""
    measured = any(result.status == "measured" for result in results)
    return FAILED if any(result.status in BAD for result in results) or not measured else 0
