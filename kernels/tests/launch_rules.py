"""What a launch needs from definition.json, exhibit.json or an artifact: expressions, arguments, outputs."""

import ast
import importlib.util
import json
import operator
from pathlib import Path

import torch

from workload_inputs import DEFINITION, EPS, FOLDER

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.floordiv,  # integers divide as in CEL; all operands are >= 0
    ast.Mod: operator.mod,
    ast.GtE: operator.ge,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
}
DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32, "int64": torch.int64}


def evaluate(expression: str, axes: dict[str, int]) -> int:
    """Value of an integer expression over the axes."""

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

    return value(ast.parse(expression, mode="eval").body)


def exhibits() -> dict[str, dict]:
    """exhibit.json by name."""
    return {path.parent.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("exhibits/*/exhibit.json"))}


def new_outputs(axes: dict[str, int], device: str) -> dict[str, torch.Tensor]:
    """Outputs full of NaN."""
    shapes = {
        name: [evaluate(size, axes) for size in output["shape"]] for name, output in DEFINITION["outputs"].items()
    }
    return {name: torch.full(shape, torch.nan, dtype=torch.bfloat16, device=device) for name, shape in shapes.items()}


def values(parameters: list[dict], axes: dict[str, int], tensors: dict[str, torch.Tensor]) -> list:
    """One value per parameter: a tensor, an axis, eps, or None for a scratch pointer."""
    known = {**axes, **tensors, "eps": EPS}
    return [None if parameter.get("kind") == "null" else known[parameter["name"]] for parameter in parameters]


def launch_triton(source: Path, rule: dict, workload: dict, inputs: dict[str, torch.Tensor]) -> tuple:
    """q_out, k_out, v_out of a Triton source launched as `rule` says, on the device of the inputs."""
    spec = importlib.util.spec_from_file_location(
        f"kernel_{source.parent.name}_{source.stem}".replace("-", "_"), source
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    axes = workload["axes"]
    outputs = new_outputs(axes, inputs["qkv"].device)
    grid = tuple(evaluate(size, axes) for size in rule["launch"]["grid"])
    arguments = values(rule["parameters"], axes, {**inputs, **outputs})
    getattr(module, rule["function"])[grid](*arguments, **rule["options"])
    return tuple(outputs.values())
