"""What a launch of qnorm_rope needs from definition.json, exhibit.json or an artifact."""

import importlib.util
import json
from pathlib import Path

import torch
from torch import Tensor

from expressions import evaluate
from qnorm_rope_inputs import DEFINITION, EPS, FOLDER, activation


def fits(specialisation: dict, workload: dict) -> bool:
    """Whether code compiled for the specialisation may run the workload."""
    names = {key: choices[0] for key, choices in DEFINITION["dtypes"].items()}
    dtypes = {**names, **workload.get("dtypes", {})} == {**names, **specialisation.get("dtypes", {})}
    return dtypes and all(workload["axes"][name] == value for name, value in specialisation["axes"].items())


def exhibits() -> dict[str, dict]:
    """exhibit.json by name."""
    return {path.parent.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("exhibits/*/exhibit.json"))}


def new_outputs(workload: dict, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Outputs full of NaN on the device of the inputs; of what is updated in place a copy."""
    axes, outputs = workload["axes"], {}
    for name, output in DEFINITION["outputs"].items():
        if name in inputs:
            outputs[name] = inputs[name].clone()
        elif evaluate(output.get("when", "1"), axes):
            shape = [evaluate(size, axes) for size in output["shape"]]
            outputs[name] = torch.full(shape, torch.nan, dtype=activation(workload), device=inputs["qkv"].device)
    return outputs


def values(parameters: list[dict], axes: dict[str, int], tensors: dict[str, Tensor]) -> list:
    """One value per parameter: a tensor, an axis, an expression's value, eps, or None for a null pointer."""
    known = {**axes, **tensors, "eps": EPS}
    return [
        evaluate(parameter["value"], axes) if "value" in parameter else known.get(parameter["name"])
        for parameter in parameters
    ]


def launch_triton(source: Path, rule: dict, workload: dict, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Outputs by name of a Triton source launched as `rule` says, on the device of the inputs, which stay unchanged."""
    spec = importlib.util.spec_from_file_location(
        f"kernel_{source.parent.name}_{source.stem}".replace("-", "_"), source
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    axes = workload["axes"]
    outputs = new_outputs(workload, inputs)
    grid = tuple(evaluate(size, axes) for size in rule["launch"]["grid"])
    arguments = values(rule["parameters"], axes, {**inputs, **outputs})
    placeholder = {"slot_mapping": inputs["positions"]}  # a launch from Python knows no null pointer; it is not touched
    arguments = [
        placeholder.get(parameter["name"], outputs["q_out"]) if argument is None else argument
        for parameter, argument in zip(rule["parameters"], arguments, strict=True)
    ]
    getattr(module, rule["function"])[grid](*arguments, **rule["options"])
    return outputs
