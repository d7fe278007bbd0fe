"""What an artifact was compiled from, as hashes that src/rows/freshness.ts computes too."""

import ast
import hashlib
import json
from pathlib import Path

from .compilers import InputError

LARGEST_EXACT = 2**53 - 1  # of the integers that TypeScript reads exactly


def sha256(path: Path) -> str:
    """Lower-case hexadecimal SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def recipe_sha256(variant: dict, tensors: dict, choices: dict) -> str:
    """Hash of a variant's declaration and of the dtypes of the tensors among its parameters, or what they may be."""
    names = [parameter["name"] for stage in variant.get("stages", [variant]) for parameter in stage["parameters"]]
    declared = {name: tensors[name]["dtype"] for name in names if name in tensors}
    dtypes = {name: choices.get(dtype, dtype) for name, dtype in declared.items()}
    return hashlib.sha256(canonical_json({"dtypes": dtypes, "variant": variant}).encode()).hexdigest()


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no white space, the text that src/canonical.ts gives for the same value."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))  # as JavaScript compares
        return "{" + ",".join(f"{canonical_json(key)}:{canonical_json(member)}" for key, member in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical_json, value)) + "]"
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > LARGEST_EXACT):
        raise InputError(f"a variant declares the number {value}; allowed are integers up to {LARGEST_EXACT}")
    return json.dumps(value, ensure_ascii=False)


def imported_files(source: Path, root: Path) -> set[Path]:
    """Modules below `root` that a Python source names in its imports, and those that these name; without `source`."""
    found, waiting = {source}, [source]
    while waiting:
        new = modules_named(waiting.pop(), root) - found
        found |= new
        waiting += new
    return found - {source}


def modules_named(source: Path, root: Path) -> set[Path]:
    """Files below `root` of the modules in the import statements of one file."""
    files = set()
    try:
        tree = ast.parse(source.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{source.relative_to(root).as_posix()}: {type(error).__name__}: {error}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            files |= {module_file(root, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = source.parents[node.level - 1] if node.level else root
            module = node.module or ""
            for alias in node.names:
                submodule = module_file(package, f"{module}.{alias.name}".strip("."))
                files.add(submodule or module_file(package, module))
    return {path for path in files if path is not None and path.is_relative_to(root)}


def module_file(folder: Path, dotted: str) -> Path | None:
    """File of a module or package below `folder`; None where there is none."""
    path = folder.joinpath(*filter(None, dotted.split(".")))
    candidates = [path / "__init__.py", *([path.with_name(f"{path.name}.py")] if dotted else [])]
    return next((candidate for candidate in candidates if candidate.is_file()), None)
