"""The Triton kernel and the committed PTX on the device, against float64, on every workload."""

import pytest
import torch

from decode_kernels.qnorm_rope.ops import qnorm_rope
from qnorm_rope_artifacts import launch_artifact
from qnorm_rope_inputs import DEFINITION, FOLDER, WORKLOADS, make_inputs, op_arguments
from qnorm_rope_launch import fits, launch_triton
from qnorm_rope_tolerance import strange_bits, violations

ARTIFACTS = [
    pytest.param(f"{variant}.{specialisation['name']}.{target}", workload, id=f"{variant}-{target}-{workload['id']}")
    for variant, rule in DEFINITION["variants"].items()
    for specialisation in rule["specialisations"]
    for target in rule["targets"]
    for workload in WORKLOADS.values()
    if fits(specialisation, workload)
]


def on_device(inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Copies on the device."""
    return {name: tensor.cuda() for name, tensor in inputs.items()}


def assert_right(workload: dict, inputs: dict[str, torch.Tensor], outputs: dict[str, torch.Tensor]) -> None:
    """Within the 2x rule and, where the kernel rounds as the eager model, with its bits."""
    assert violations(workload, inputs, outputs) == []
    if workload["axes"]["round_intermediate"]:
        assert strange_bits(workload, inputs, outputs) == []


def assert_unchanged(inputs: dict[str, torch.Tensor], device_inputs: dict[str, torch.Tensor]) -> None:
    """Inputs are read only."""
    for name, tensor in inputs.items():
        torch.testing.assert_close(device_inputs[name].cpu(), tensor, rtol=0, atol=0, equal_nan=True, msg=name)


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
def test_triton_kernel(workload):
    inputs, rule = make_inputs(workload), DEFINITION["variants"]["triton"]
    device_inputs = on_device(inputs)
    outputs = launch_triton(FOLDER / rule["source"], rule, workload, device_inputs)
    assert_right(workload, inputs, outputs)
    assert_unchanged(inputs, device_inputs)


@pytest.mark.parametrize(("artifact", "workload"), ARTIFACTS)
def test_artifact(artifact, workload):
    inputs = make_inputs(workload)
    device_inputs = on_device(inputs)
    outputs = launch_artifact(FOLDER / f"artifacts/{artifact}.json", workload, device_inputs)
    assert_right(workload, inputs, outputs)
    assert_unchanged(inputs, device_inputs)


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
def test_operator(workload):
    inputs = make_inputs(workload)
    device_inputs = on_device(inputs)
    q_out, k_out, v_out = qnorm_rope(*op_arguments(workload, device_inputs))
    cached = "kv_cache" in inputs
    stored = {"kv_cache": device_inputs["kv_cache"]} if cached else {"k_out": k_out, "v_out": v_out}
    assert_right(workload, inputs, {"q_out": q_out, **stored})
