"""The bits that round_intermediate promises: what strange_bits accepts, and that it finds each rounding left out."""

import pytest
import torch

from decode_kernels.qnorm_rope import reference
from qnorm_rope_inputs import WORKLOADS, make_inputs, model_arguments
from qnorm_rope_tolerance import SCALE_ULPS, expected, strange_bits

ROUNDED = [name for name, workload in WORKLOADS.items() if workload["axes"]["round_intermediate"]]


def eager(workload: dict, inputs: dict[str, torch.Tensor], ulps: int = 0, **change) -> dict[str, torch.Tensor]:
    """Outputs of the eager path with the norm factor moved by `ulps` and parts of the layer changed."""
    qkv, q_weight, k_weight, angle, eps, layer = model_arguments(workload, inputs)
    layer = reference.Layer(**{**vars(layer), **change})
    cos, sin = angle.double().cos().float(), angle.double().sin().float()

    def nudged(x, eps):
        return (reference.eager_scale(x, eps).view(torch.int32) + ulps).view(torch.float32)

    heads = reference.norm_and_rotate_eagerly(qkv, q_weight, k_weight, cos, sin, eps, layer, nudged)
    return expected(inputs, workload["axes"], heads)


@pytest.mark.parametrize("name", ROUNDED)
@pytest.mark.parametrize("ulps", [-SCALE_ULPS, -1, 0, SCALE_ULPS])
def test_a_norm_factor_near_the_right_one_is_allowed(name, ulps):
    workload = WORKLOADS[name]
    inputs = make_inputs(workload)
    assert strange_bits(workload, inputs, eager(workload, inputs, ulps)) == []


@pytest.mark.parametrize("name", ["sliding-round-t2", "full-round-t2", "sliding-fp16-round-t2"])
def test_a_norm_factor_far_off_is_found(name):
    workload = WORKLOADS[name]
    inputs = make_inputs(workload)
    assert strange_bits(workload, inputs, eager(workload, inputs, 400 * SCALE_ULPS)) != []


@pytest.mark.parametrize("name", ROUNDED)
def test_a_single_rounding_is_found(name):
    workload = WORKLOADS[name]
    inputs = make_inputs(workload)
    exact = [heads.to(inputs["qkv"].dtype) for heads in reference.reference(*model_arguments(workload, inputs))]
    assert strange_bits(workload, inputs, expected(inputs, workload["axes"], tuple(exact))) != []


@pytest.mark.parametrize("name", ["sliding-round-t2", "qwen3-round-t3"])
def test_the_other_model_is_found(name):
    workload = WORKLOADS[name]
    inputs = make_inputs(workload)
    other = 3 - workload["axes"]["round_intermediate"]
    assert strange_bits(workload, inputs, eager(workload, inputs, round_intermediate=other)) != []
