"""Exhibits on the device: twins are right, wrong kernels are off, and a race shows as often as it happens to."""

import pytest
import torch

from qnorm_rope_artifacts import launch_artifact
from qnorm_rope_inputs import FOLDER, WORKLOADS, make_inputs
from qnorm_rope_launch import exhibits
from qnorm_rope_tolerance import violations

REPETITIONS = 1000
EXHIBITS = exhibits()
RACES = [name for name, exhibit in EXHIBITS.items() if exhibit["expected"]["check"] == "races"]
DIFFS = [name for name, exhibit in EXHIBITS.items() if exhibit["expected"]["check"] == "diff"]


def launch(name: str, side: str, inputs: dict[str, torch.Tensor]) -> tuple[dict, dict]:
    """The exhibit's workload and one launch's outputs."""
    exhibit = EXHIBITS[name]
    workload, specialisation = WORKLOADS[exhibit["workload"]], exhibit["variant"]["specialisations"][0]["name"]
    record = FOLDER / f"exhibits/{name}/artifacts/{side}.{specialisation}.{exhibit['target']}.json"
    return workload, launch_artifact(record, workload, inputs)


def same_bits(outputs: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    """Whether all outputs agree in every bit."""
    return all(torch.equal(outputs[name].view(torch.int16), right[name].view(torch.int16)) for name in right)


@pytest.mark.parametrize("name", DIFFS)
def test_wrong_kernel_is_off(name):
    inputs = make_inputs(WORKLOADS[EXHIBITS[name]["workload"]])
    workload, outputs = launch(name, "broken", {key: tensor.cuda() for key, tensor in inputs.items()})
    assert violations(workload, inputs, outputs) != []


@pytest.mark.parametrize("name", EXHIBITS)
def test_twin_is_right(name):
    inputs = make_inputs(WORKLOADS[EXHIBITS[name]["workload"]])
    workload, outputs = launch(name, "twin", {key: tensor.cuda() for key, tensor in inputs.items()})
    assert violations(workload, inputs, outputs) == []


@pytest.mark.parametrize("name", RACES)
def test_race_repeated(name, capsys):
    """The twin gives the same right bytes every time; how often the race shows is a measurement, not a promise."""
    inputs = make_inputs(WORKLOADS[EXHIBITS[name]["workload"]])
    device_inputs = {key: tensor.cuda() for key, tensor in inputs.items()}
    workload, right = launch(name, "twin", device_inputs)
    assert violations(workload, inputs, right) == []
    wrong = {
        side: sum(not same_bits(launch(name, side, device_inputs)[1], right) for _ in range(REPETITIONS))
        for side in ("broken", "twin")
    }
    with capsys.disabled():
        print(f"\n{name}: {wrong['broken']} of {REPETITIONS} launches wrong, twin {wrong['twin']}")
    assert wrong["twin"] == 0
