"""The Triton kernel and the committed PTX on the device, against float64, on every workload."""

import pytest
import torch

from artifact_launch import launch_artifact
from decode_kernels.qnorm_rope.ops import qnorm_rope
from launch_rules import launch_triton
from tolerance import violations
from workload_inputs import DEFINITION, FOLDER, WORKLOADS, make_inputs, op_arguments

ARTIFACTS = [
    pytest.param(f"{variant}.{specialisation['name']}.{target}", workload, id=f"{variant}-{target}-{workload['id']}")
    for variant, rule in DEFINITION["variants"].items()
    for specialisation in rule["specialisations"]
    for target in rule["targets"]
    for workload in WORKLOADS.values()
    if all(workload["axes"][name] == value for name, value in specialisation["axes"].items())
]


def on_device(inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Copies on the device."""
    return {name: tensor.cuda() for name, tensor in inputs.items()}


def assert_unchanged(inputs: dict[str, torch.Tensor], device_inputs: dict[str, torch.Tensor]) -> None:
    """Inputs are read only."""
    for name, tensor in inputs.items():
        torch.testing.assert_close(device_inputs[name].cpu(), tensor, rtol=0, atol=0, equal_nan=True, msg=name)


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
def test_triton_kernel(workload):
    inputs, rule = make_inputs(workload), DEFINITION["variants"]["triton"]
    device_inputs = on_device(inputs)
    outputs = launch_triton(FOLDER / rule["source"], rule, workload, device_inputs)
    assert violations(workload, inputs, outputs) == []
    assert_unchanged(inputs, device_inputs)


@pytest.mark.parametrize(("artifact", "workload"), ARTIFACTS)
def test_artifact(artifact, workload):
    inputs = make_inputs(workload)
    device_inputs = on_device(inputs)
    outputs = launch_artifact(FOLDER / f"artifacts/{artifact}.json", workload["axes"], device_inputs)
    assert violations(workload, inputs, outputs) == []
    assert_unchanged(inputs, device_inputs)


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
def test_operator(workload):
    inputs = make_inputs(workload)
    outputs = qnorm_rope(*op_arguments(workload, on_device(inputs)))
    assert violations(workload, inputs, outputs) == []
