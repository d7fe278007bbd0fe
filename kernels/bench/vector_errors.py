"""The rules of the definitions, on the device: the 2x rule by vector, and tolerances of single values."""

import json

import torch
from torch import Tensor

from decode_kernels.artifacts import PACKAGE

ROUNDOFF = {torch.bfloat16: 2.0**-8, torch.float16: 2.0**-11}


def twice_naive(name: str, got: Tensor, exact: Tensor, naive: Tensor) -> list[str]:
    """Vectors (last dimension) off by more than twice what the same-precision torch path is, plus one rounding (L2)."""
    norm = torch.linalg.vector_norm(exact, dim=-1)
    allowed = 2 * torch.linalg.vector_norm(naive.double() - exact, dim=-1) + ROUNDOFF[got.dtype] * norm
    bad = ~(torch.linalg.vector_norm(got.double() - exact, dim=-1) <= allowed)
    return [f"{name}: {int(bad.sum())} of {bad.numel()} vectors are off"] if bad.any() else []


def beyond(name: str, got: Tensor, exact: Tensor, rule: dict) -> list[str]:
    """Values off by more than atol + rtol * |exact|; NaN is off, equal infinities are not."""
    near = (got.double() - exact).abs() <= rule["atol"] + rule["rtol"] * exact.abs()
    bad = ~(near & exact.isfinite() | (got.double() == exact))
    return [f"{name}: {int(bad.sum())} of {bad.numel()} values are off"] if bad.any() else []


def output_rule(op: str, output: str) -> dict:
    """atol and rtol of an output in the operator's definition.json."""
    definition = json.loads((PACKAGE / op / "definition.json").read_text(encoding="utf-8"))
    return definition["outputs"][output]["rule"]
