"""flash_decode's operator without a device: values, shapes for tracing, refusals."""

import pytest
import torch

from decode_kernels.flash_decode.ops import flash_decode, slots
from flash_decode_inputs import WORKLOADS, make_inputs, op_arguments, violations

NAMES = ["ragged", "short-steps-window", "e4b-full-verify-needles", "qwen3-float16"]


@pytest.mark.parametrize("name", NAMES)
def test_cpu(name):
    workload = WORKLOADS[name]
    inputs = make_inputs(workload)
    before = {key: tensor.clone() for key, tensor in inputs.items()}
    outputs = torch.ops.decode_kernels.flash_decode(*op_arguments(workload, inputs))
    assert violations(workload, inputs, outputs) == []
    for key, tensor in inputs.items():
        torch.testing.assert_close(tensor, before[key], rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", ["short-sequences", "short-steps-window"])
def test_registration(name):
    workload = WORKLOADS[name]
    torch.library.opcheck(flash_decode, op_arguments(workload, make_inputs(workload)))


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
def test_slots_fit_the_definition(workload):
    axes = workload["axes"]
    needed = slots(axes["q_len"], axes["window"], axes["max_kv_len"], axes["split_size"])
    assert needed <= axes["num_splits"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"q": torch.zeros(2, 32, 128)}, TypeError),
        ({"q": torch.zeros(2, 32, 64, dtype=torch.bfloat16)}, ValueError),
        ({"q": torch.zeros(3, 30, 128, dtype=torch.bfloat16)}, ValueError),
        ({"q": torch.zeros(4, 32, 128, dtype=torch.bfloat16)}, ValueError),
        ({"kv_cache": torch.zeros(4, 2, 3, 8, 128, dtype=torch.bfloat16)}, ValueError),
        ({"kv_cache": torch.zeros(4, 8, 16, 128, dtype=torch.bfloat16)}, ValueError),
        ({"kv_lens": torch.zeros(3, dtype=torch.int64)}, TypeError),
        ({"kv_lens": torch.zeros(2, dtype=torch.int32)}, ValueError),
    ],
)
def test_refusals(change, error):
    workload = WORKLOADS["short-sequences"]
    with pytest.raises(error):
        flash_decode(*op_arguments(workload, {**make_inputs(workload), **change}))


def test_a_split_size_of_whole_tiles():
    workload = WORKLOADS["short-sequences"]
    arguments = op_arguments(workload, make_inputs(workload))
    with pytest.raises(ValueError, match="multiples of 32"):
        flash_decode(*arguments[:-1], 48)
