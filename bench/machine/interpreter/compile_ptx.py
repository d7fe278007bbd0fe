"""Kernels to PTX: a JSON array of them on standard input, {ptx, sharedBytes} of each on standard output; no GPU."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "kernels"))
from decode_kernels.compilers.triton_ptx import compile_triton  # noqa: E402

TRITON_TYPES = {"f32": "fp32", "i32": "i32", "i64": "i64", "bf16": "bf16", "f16": "fp16"}


def signature_type(argument: dict) -> str:
    """Triton's name of an argument's type."""
    if argument["kind"] == "constexpr":
        return "constexpr"
    return ("*" if argument["kind"] == "buffer" else "") + TRITON_TYPES[argument["dtype"]]


def is_divisible(argument: dict) -> bool:
    """Whether a launch of these arguments would be compiled for a multiple of 16."""
    return argument["kind"] == "buffer" or (argument.get("dtype") == "i32" and argument["value"] % 16 == 0)


answers = []
for kernel in json.load(sys.stdin):
    arguments = kernel["arguments"]
    source = ROOT / kernel["source"]
    compiled = compile_triton(
        source,
        source.parent,
        kernel["function"],
        "sm_80",
        {argument["name"]: signature_type(argument) for argument in arguments},
        {argument["name"]: argument["value"] for argument in arguments if argument["kind"] == "constexpr"},
        [argument["name"] for argument in arguments if is_divisible(argument)],
        kernel["options"],
    )
    answers.append({"ptx": compiled.ptx, "sharedBytes": compiled.shared_bytes})
json.dump(answers, sys.stdout)
