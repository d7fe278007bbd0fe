"""Inputs of qnorm_rope for the Python tests: sizes and positions of definition.json, values from torch's generator."""

import json
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from decode_kernels.qnorm_rope import reference
from decode_kernels.qnorm_rope.reference import Layer

FOLDER = Path(reference.__file__).parent
DEFINITION = json.loads((FOLDER / "definition.json").read_text())
WORKLOADS = {workload["id"]: workload for workload in DEFINITION["workloads"]}
EPS = DEFINITION["inputs"]["eps"]["value"]

SCALES = {
    "normal": [1.0],
    "zeros-rows": [0.0, 1.0],
    "large": [2.0**13],
    "eps-dominated": [2.0**-14],
    "adversarial": [1.0, 0.0, 2.0**-14, 2.0**13],
}


def make_inputs(workload: dict) -> dict[str, Tensor]:
    """Every tensor input on the CPU; heads take the recipe's scales in turn, padding is NaN."""
    axes, dtype = workload["axes"], activation(workload)
    generator = torch.Generator().manual_seed(workload["seed"])
    heads = axes["num_qo_heads"] + (2 - axes["k_eq_v"]) * axes["num_kv_heads"]
    x = activations(workload["recipe"], (axes["num_tokens"], heads, axes["head_dim"]), dtype, generator)
    qkv = torch.full((axes["num_tokens"], axes["qkv_stride"]), torch.nan, dtype=dtype)
    qkv[:, : heads * axes["head_dim"]] = x.flatten(1).to(dtype)
    weights = [1 + torch.randperm(axes["head_dim"], generator=generator) / 128 for _ in range(2)]
    inputs = {
        "qkv": qkv,
        "q_weight": weights[0].to(dtype),
        "k_weight": weights[1].to(dtype),
        "cos_sin": table(axes["max_position"], *rotation(axes)),
        "positions": torch.tensor(workload["positions"]["values"]),
    }
    if axes["cache_layout"] > 0:
        shape = (axes["num_pages"], axes["page_stride"] // axes["head_dim"], axes["head_dim"])
        inputs["kv_cache"] = torch.randn(shape, generator=generator).to(dtype)
        inputs["slot_mapping"] = torch.tensor(workload["slot_mapping"]["values"])
    return inputs


def activations(recipe: str, shape: tuple[int, ...], dtype: torch.dtype, generator: torch.Generator) -> Tensor:
    """Vectors `[num_tokens, heads, head_dim]` in float64 by the recipe's name."""
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    if recipe == "huge":  # up to float16's largest value
        return x.sign() * (2**15 + 32 * torch.randint(1024, shape, generator=generator))
    if recipe == "denormals":  # subnormal inputs; then outputs that are subnormal in float16
        steps, step = (1023, 2.0**-24) if dtype == torch.float16 else (127, 2.0**-133)
        x *= 2.0**-8
        x[:, 0::2] = torch.randint(-steps, steps + 1, x[:, 0::2].shape, generator=generator) * step
        x[:, 1::2, 5] = 2.0**15
        return x
    scales = SCALES[recipe]
    return x * torch.tensor([scales[i % len(scales)] for i in range(x[..., 0].numel())]).reshape(*shape[:2], 1)


def activation(workload: dict) -> torch.dtype:
    """Element type of activations, weights and caches."""
    return getattr(torch, workload.get("dtypes", {}).get("activation", DEFINITION["dtypes"]["activation"][0]))


def rotation(axes: dict[str, int]) -> tuple[int, int, int]:
    """num_rotary_pairs, pair_distance and rope_theta, as reference.angles takes them."""
    return axes["num_rotary_pairs"], axes["pair_distance"], axes["rope_theta"]


@cache
def table(max_position: int, num_rotary_pairs: int, pair_distance: int, rope_theta: int) -> Tensor:
    """cos_sin, shared by the workloads that have the same one."""
    return reference.cos_sin_table(max_position, num_rotary_pairs, pair_distance, rope_theta)


def layer_of(axes: dict[str, int]) -> Layer:
    """The workload's layer."""
    sizes = [axes[name] for name in ("num_qo_heads", "num_kv_heads", "pair_distance", "round_intermediate")]
    return Layer(*sizes, bool(axes["v_norm"]), bool(axes["k_eq_v"]))


def cache_view(flat: Tensor, axes: dict[str, int]) -> Tensor:
    """The cache of the definition, `[num_pages, page_stride / head_dim, head_dim]`, in the shape of its layout."""
    pages, size, heads, dim = (axes[name] for name in ("num_pages", "page_size", "num_kv_heads", "head_dim"))
    if axes["cache_layout"] == 1:
        strides = (axes["page_stride"], size * heads * dim, heads * dim, dim, 1)
        return flat.as_strided((pages, 2, size, heads, dim), strides)
    return flat.as_strided((pages, heads, size, 2 * dim), (axes["page_stride"], 2 * size * dim, 2 * dim, 1))


def model_arguments(workload: dict, inputs: dict[str, Tensor]) -> tuple:
    """Arguments of reference.reference and reference.naive."""
    axes = workload["axes"]
    angle = reference.angles(inputs["positions"], *rotation(axes))
    return (inputs["qkv"], inputs["q_weight"], inputs["k_weight"], angle, EPS, layer_of(axes))


def op_arguments(workload: dict, inputs: dict[str, Tensor]) -> tuple:
    """Arguments of the operator; the cache is a view of the inputs' own."""
    axes = workload["axes"]
    tensors = [inputs[name] for name in ("qkv", "q_weight", "k_weight", "cos_sin", "positions")]
    cached = (None, None)
    if "kv_cache" in inputs:
        cached = (cache_view(inputs["kv_cache"], axes), inputs["slot_mapping"])
    layer = layer_of(axes)
    sizes = (layer.num_qo_heads, layer.num_kv_heads, layer.pair_distance, layer.round_intermediate)
    return (*tensors, *cached, EPS, *sizes, layer.v_norm, layer.k_eq_v)
