"""Inputs of a workload for the Python tests: axes and positions of the definition, values from torch's generator."""

import json
from functools import cache
from pathlib import Path

import torch

from decode_kernels.qnorm_rope import reference

FOLDER = Path(reference.__file__).parent
DEFINITION = json.loads((FOLDER / "definition.json").read_text())
WORKLOADS = {workload["id"]: workload for workload in DEFINITION["workloads"]}
EPS = DEFINITION["inputs"]["eps"]["value"]

SCALES = {
    "normal": [1.0],
    "zeros-rows": [0.0, 1.0],
    "large": [1e4],
    "eps-dominated": [2.0**-14],
    "adversarial": [1.0, 0.0, 2.0**-14, 1e4],
}


def make_inputs(workload: dict) -> dict[str, torch.Tensor]:
    """Every tensor input on the CPU; heads take the recipe's scales in turn, padding is NaN."""
    axes = workload["axes"]
    generator = torch.Generator().manual_seed(workload["seed"])
    heads = axes["num_qo_heads"] + 2 * axes["num_kv_heads"]
    x = torch.randn(axes["num_tokens"], heads, axes["head_dim"], generator=generator)
    scales = SCALES[workload["recipe"]]
    x *= torch.tensor([scales[i % len(scales)] for i in range(x[..., 0].numel())]).reshape(-1, heads, 1)
    qkv = torch.full((axes["num_tokens"], axes["qkv_stride"]), torch.nan, dtype=torch.bfloat16)
    qkv[:, : heads * axes["head_dim"]] = x.flatten(1).to(torch.bfloat16)
    weights = [1 + torch.randperm(axes["head_dim"], generator=generator) / 128 for _ in range(2)]
    return {
        "qkv": qkv,
        "q_weight": weights[0].to(torch.bfloat16),
        "k_weight": weights[1].to(torch.bfloat16),
        "cos_sin": table(axes["max_position"], axes["head_dim"], axes["num_rotary_pairs"]),
        "positions": torch.tensor(workload["positions"]["values"]),
    }


@cache
def table(max_position: int, head_dim: int, num_rotary_pairs: int) -> torch.Tensor:
    """cos_sin, shared by the workloads that have the same one."""
    return reference.cos_sin_table(max_position, head_dim, num_rotary_pairs)


def model_arguments(workload: dict, inputs: dict[str, torch.Tensor]) -> tuple:
    """Arguments of reference.reference and reference.naive."""
    axes = workload["axes"]
    tensors = [inputs[name] for name in ("qkv", "q_weight", "k_weight", "positions")]
    return (*tensors, EPS, axes["num_qo_heads"], axes["num_kv_heads"], axes["num_rotary_pairs"])


def op_arguments(workload: dict, inputs: dict[str, torch.Tensor]) -> tuple:
    """Arguments of the operator and of reference.run."""
    axes = workload["axes"]
    tensors = [inputs[name] for name in ("qkv", "q_weight", "k_weight", "cos_sin", "positions")]
    return (*tensors, EPS, axes["num_qo_heads"], axes["num_kv_heads"])
