"""The operator without a device: values, shapes for tracing, refusals."""

import pytest
import torch

from decode_kernels.qnorm_rope.ops import qnorm_rope
from tolerance import violations
from workload_inputs import WORKLOADS, make_inputs, op_arguments


@pytest.mark.parametrize("name", ["sliding-strided-t3", "full-t1", "sliding-q-only-t2", "full-adversarial-t4"])
def test_cpu(name):
    workload = WORKLOADS[name]
    inputs = make_inputs(workload)
    before = {key: tensor.clone() for key, tensor in inputs.items()}
    outputs = torch.ops.decode_kernels.qnorm_rope(*op_arguments(workload, inputs))
    assert violations(workload, inputs, outputs) == []
    for key, tensor in inputs.items():
        torch.testing.assert_close(tensor, before[key], rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", ["sliding-t1", "full-q-only-t2"])
def test_registration(name):
    workload = WORKLOADS[name]
    torch.library.opcheck(qnorm_rope, op_arguments(workload, make_inputs(workload)))


def test_strided_view():
    workload = WORKLOADS["sliding-t2-window-edge"]
    inputs = make_inputs(workload)
    wide = torch.full((2, 2 * workload["axes"]["qkv_stride"]), torch.nan, dtype=torch.bfloat16)
    view = wide[:, : workload["axes"]["qkv_stride"]]
    view.copy_(inputs["qkv"])
    outputs = qnorm_rope(*op_arguments(workload, {**inputs, "qkv": view}))
    assert violations(workload, inputs, outputs) == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"qkv": torch.zeros(1, 3072)}, TypeError),
        ({"qkv": torch.zeros(1, 3071, dtype=torch.bfloat16)}, ValueError),
        ({"cos_sin": torch.zeros(512, 258)}, ValueError),
    ],
)
def test_refusals(change, error):
    workload = WORKLOADS["sliding-t1"]
    with pytest.raises(error):
        qnorm_rope(*op_arguments(workload, {**make_inputs(workload), **change}))
