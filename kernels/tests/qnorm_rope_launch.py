"""What a launch of qnorm_rope needs from definition.json, exhibit.json or an artifact."""

import ast
import importlib.util
import json
import operator
from pathlib import Path

import torch
from torch import Tensor

from qnorm_rope_inputs import DEFINITION, EPS, FOLDER, activation

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.floordiv,  # integers divide as in CEL; all operands are >= 0
    ast.Mod: operator.mod,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
}


def evaluate(expression: str, axes: dict[str, int]) -> int:
    """Value of an integer expression over the axes, or of `condition ? one : other`."""
    if "?" in expression:
        condition, _, values = expression.partition("?")
        one, _, other = values.partition(":")
        return evaluate(one if evaluate(condition, axes) else other, axes)

    def value(node: ast.expr) -> int:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return axes[node.id]
            case ast.BinOp():
                return OPERATORS[type(node.op)](value(node.left), value(node.right))
            case ast.Compare(ops=[comparison], comparators=[right]):
                return OPERATORS[type(comparison)](value(node.left), value(right))
        raise ValueError(f"{expression!r}: {ast.dump(node)} is not supported")

    return value(ast.parse(expression.strip(), mode="eval").body)


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
