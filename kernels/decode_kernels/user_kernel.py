"""A user's own kernel to PTX and a launch skeleton (decode-lab/launch@1)."""

import argparse
import ast
import json
import re
from pathlib import Path

from .artifacts import entry_parameters
from .compilers import Compiled, InputError, read_source
from .compilers.nvcc import compile_cuda, compile_unoptimised
from .compilers.triton_ptx import compile_triton

TRITON_DTYPES = {"fp16": "f16", "bf16": "bf16", "fp32": "f32", "fp64": "f64", "i1": "i8"}
CUDA_DTYPES = {
    "float": "f32",
    "double": "f64",
    "__half": "f16",
    "half": "f16",
    "__nv_bfloat16": "bf16",
    "int": "i32",
    "unsigned": "u32",
    "unsigned int": "u32",
    "long long": "i64",
    "long": "i64",
    "unsigned long long": "u64",
    "size_t": "u64",
    "short": "i16",
    "char": "i8",
    "signed char": "i8",
    "unsigned char": "u8",
    "bool": "u8",
    "int64_t": "i64",
    "uint64_t": "u64",
    "int32_t": "i32",
    "uint32_t": "u32",
    "int8_t": "i8",
    "uint8_t": "u8",
}
DTYPES = {*CUDA_DTYPES.values()}
ELEMENTS = 1024  # of each buffer in a skeleton; its owner edits shapes, values and the grid


def build_user_kernel(options: argparse.Namespace) -> tuple[dict[str, str], Path]:
    """File name to text (PTX and launch skeleton), and the folder of the source."""
    path, _, function = options.user.partition(":")
    source = Path(path).resolve()
    if not source.is_file():
        raise InputError(f"{path}: no such file")
    if options.unoptimised and source.suffix != ".cu":
        raise InputError("--unoptimised is for CUDA: Triton always optimises")
    if source.suffix == ".py":
        compiled, entry, parameters, block = from_triton(source, function, options)
    elif source.suffix == ".cu":
        compiled, entry, parameters, block = from_cuda(source, function, options)
    else:
        raise InputError(f"{path}: neither FILE.py:FUNCTION (Triton) nor FILE.cu (CUDA)")
    skeleton = {
        "schema": "decode-lab/launch@1",
        "ptx": f"{source.stem}.ptx",
        **({"unoptimised": f"{source.stem}.unoptimised.ptx"} if options.unoptimised else {}),
        "entry": entry,
        "grid": [1, 1, 1],
        "block": [block, 1, 1],
        "sharedBytes": compiled.shared_bytes,
        "params": parameters,
        "seed": 0,
    }
    launch = json.dumps(skeleton, indent=2) + "\n"
    files = {f"{source.stem}.ptx": compiled.ptx, f"{source.stem}.launch.json": launch}
    if options.unoptimised:
        ptx = compile_unoptimised(source, source.parent, options.target, cuda_flags(options))
        files[f"{source.stem}.unoptimised.ptx"] = ptx
    return files, source.parent


def cuda_flags(options: argparse.Namespace) -> list[str]:
    """Of nvcc, for a kernel of the user's own."""
    return ["-O3", "-std=c++17", "-lineinfo", *options.flag]


def from_triton(source: Path, function: str, options: argparse.Namespace):
    """Compile one @triton.jit function of `source`, as Triton's own launcher would for aligned buffers."""
    if not function:
        raise InputError(f"{source.name}: say which function, as {source.name}:FUNCTION")
    given = dict(constant(text) for text in options.constexpr)
    names, constants = parameters_of(source, function, given)
    plain = [name for name in names if name not in constants]
    types = [text.strip() for text in options.signature.split(",") if text.strip()]
    if len(types) != len(plain):
        raise InputError(
            f"{source.name}:{function} needs a type for each of ({', '.join(plain)}), --signature has {len(types)}: "
            'e.g. --signature "*bf16,*bf16,i32"'
        )
    kinds = {name: kind.removesuffix(":16") for name, kind in zip(plain, types, strict=True)}
    for name, kind in kinds.items():
        if dtype_of(kind) not in DTYPES:
            raise InputError(f"--signature: {kind!r} for {name} is not a Triton type such as *bf16, fp32 or i32")
    divisible = [name for name, kind in zip(plain, types, strict=True) if kind[0] == "*" or kind.endswith(":16")]
    signature = {name: kinds.get(name, "constexpr") for name in names}
    flags = {"num_warps": options.num_warps}
    compiled = compile_triton(source, source.parent, function, options.target, signature, constants, divisible, flags)
    parameters = [parameter(name, dtype_of(kind), kind[0] == "*") for name, kind in kinds.items()]
    return compiled, function, parameters, 32 * options.num_warps


def dtype_of(kind: str) -> str:
    """Launch dtype of a Triton type such as *bf16."""
    return TRITON_DTYPES.get(kind.lstrip("*"), kind.lstrip("*"))


def constant(text: str) -> tuple[str, object]:
    """NAME=VALUE with a Python literal as the value."""
    name, separator, value = text.partition("=")
    try:
        if not (name and separator):
            raise ValueError
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError) as error:
        raise InputError(f"--constexpr {text!r} is not NAME=VALUE, e.g. BLOCK=1024") from error


def parameters_of(source: Path, function: str, given: dict[str, object]) -> tuple[list[str], dict[str, object]]:
    """Parameter names of a function, read without running the file, and the constexprs: `given` ones and defaults."""
    arguments = arguments_of(source, function)
    plain = arguments.posonlyargs + arguments.args
    defaults = [None] * (len(plain) - len(arguments.defaults)) + arguments.defaults + arguments.kw_defaults
    names = [argument.arg for argument in plain + arguments.kwonlyargs]
    unknown = [name for name in given if name not in names]
    if unknown:
        raise InputError(f"{source.name}:{function} has no parameter {unknown[0]!r}; it takes ({', '.join(names)})")
    constants = {}
    for argument, default in zip(plain + arguments.kwonlyargs, defaults, strict=True):
        name = argument.arg
        if name in given:
            constants[name] = given[name]
        elif argument.annotation is not None and "constexpr" in ast.unparse(argument.annotation):
            if not isinstance(default, ast.Constant):
                raise InputError(f"{source.name}:{function}: {name} is a constexpr; give --constexpr {name}=VALUE")
            constants[name] = default.value
    return names, constants


def arguments_of(source: Path, function: str) -> ast.arguments:
    """The parameter list of a top-level function."""
    try:
        tree = ast.parse(read_source(source))
    except SyntaxError as error:
        raise InputError(f"{source.name}:{error.lineno}: {error.msg}") from error
    except ValueError as error:
        raise InputError(f"{source.name}: {error}") from error
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return node.args
    raise InputError(f"{source.name} has no function {function!r}")


def from_cuda(source: Path, function: str, options: argparse.Namespace):
    """Compile a CUDA file; names and types come from the C signature where that is plain text."""
    compiled = compile_cuda(source, source.parent, options.target, cuda_flags(options))
    entries = re.findall(r"\.entry\s+([\w$]+)", compiled.ptx)
    if not function and len(entries) != 1:
        raise InputError(f"{source.name} has {len(entries)} kernels; say which, as {source.name}:ENTRY, of: {entries}")
    entry = function or entries[0]
    ptx_types = entry_parameters(compiled.ptx, entry)
    declared = cuda_parameters(read_source(source), entry)
    if len(declared) != len(ptx_types):
        by_value = [str(place) for place, (kind, _) in enumerate(ptx_types) if kind not in DTYPES]
        if by_value:
            raise InputError(f"{source.name}: parameter {by_value[0]} is a struct, which a launch file can't give")
        declared = [
            (f"param_{i}", "u8" if kind == "u64" else kind, kind == "u64") for i, (kind, _) in enumerate(ptx_types)
        ]
    return compiled, entry, [parameter(*each) for each in declared], block_size(compiled)


def cuda_parameters(text: str, entry: str) -> list[tuple[str, str, bool]]:
    """(name, dtype, is a buffer) of each parameter in the C signature; empty where a type is not known."""
    mangled = re.match(r"_Z(\d+)", entry)
    name = entry[mangled.end() : mangled.end() + int(mangled[1])] if mangled else entry
    match = re.search(rf"\b{re.escape(name)}\s*\(([^)]*)\)\s*\{{", text)
    found = []
    for declaration in match[1].split(",") if match else []:
        words = re.sub(r"\b(const|__restrict__|__grid_constant__|volatile)\b", " ", declaration).split()
        joined = " ".join(words).replace("*", " * ").split()
        dtype = CUDA_DTYPES.get(" ".join(word for word in joined[:-1] if word != "*"))
        if dtype is None:
            return []
        found.append((joined[-1], dtype, "*" in joined))
    return found


def block_size(compiled: Compiled) -> int:
    """Threads per CTA that the kernel's launch bounds name, else 128."""
    match = re.search(r"\.(?:reqntid|maxntid)\s+(\d+)", compiled.ptx)
    return int(match[1]) if match else 128


def parameter(name: str, dtype: str, buffer: bool) -> dict:
    """One entry of `params`."""
    if not buffer:
        value = 1.0 if dtype[0] not in "iu" else 1 if dtype in {"i8", "u8"} else ELEMENTS
        return {"name": name, "kind": "scalar", "dtype": dtype, "value": value}
    init = {"random": {"distribution": "normal", "seed": 0}} if "f" in dtype else "zeros"
    return {"name": name, "kind": "buffer", "dtype": dtype, "shape": [ELEMENTS], "init": init}
