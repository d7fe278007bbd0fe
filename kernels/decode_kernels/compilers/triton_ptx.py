"""A Triton kernel to PTX with Triton alone: no GPU, no torch."""

import linecache
import os
import re
import sys
import tempfile
import types
from pathlib import Path

from . import Compiled, CompilerMissing, InputError, one_line, read_source

HOW_TO_GET = "triton 3.7.1 is not installed; `python -m pip install -r kernels/requirements-test.txt` installs it"


def compile_triton(
    source: Path,
    root: Path,
    function: str,
    target: str,
    signature: dict[str, str],
    constants: dict[str, object],
    divisible_by_16: list[str],
    options: dict[str, int],
) -> Compiled:
    """PTX of one specialisation; `signature` maps each parameter to Triton's type, e.g. `*bf16`, `i32`, `constexpr`."""
    capability = re.fullmatch(r"sm_(\d+)", target)
    if capability is None:
        raise InputError(f"target {target!r} is not of the form sm_80")
    for name in [name for name in os.environ if name.startswith("TRITON_")]:
        del os.environ[name]  # a stale cache, the interpreter or another ptxas would change the result
    try:
        import triton
        from triton.backends.compiler import GPUTarget
        from triton.compiler import ASTSource
    except ImportError as error:
        raise CompilerMissing(f"{HOW_TO_GET} ({error})") from error
    kernel = load(source, root, function)
    if list(signature) != kernel.arg_names:
        raise InputError(
            f"{source.name}:{function} takes ({', '.join(kernel.arg_names)}), not ({', '.join(signature)})"
        )
    place = {name: (index,) for index, name in enumerate(kernel.arg_names)}
    constexprs = {place[name]: value for name, value in constants.items()}
    attributes = {place[name]: [["tt.divisibility", 16]] for name in divisible_by_16}
    ast = ASTSource(kernel, signature, constexprs, attributes)
    with tempfile.TemporaryDirectory() as cache:
        os.environ["TRITON_CACHE_DIR"] = cache
        try:
            compiled = triton.compile(ast, target=GPUTarget("cuda", int(capability[1]), 32), options=options)
        except Exception as error:
            raise InputError(f"{source.name}:{function}: {complaint(error)}") from error
        finally:
            del os.environ["TRITON_CACHE_DIR"]
    flags = {**options, "divisible_by_16": divisible_by_16}
    return Compiled(without_absolute_paths(compiled.asm["ptx"]), triton.__version__, flags, compiled.metadata.shared)


def complaint(error: BaseException) -> str:
    """Triton's place, if it gives one, and the last line that says something: below the excerpt, or in the cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    place = lines[0] if lines and re.fullmatch(r"at \d+:\d+:", lines[0]) else None
    if place is not None:
        carets = [index for index, line in enumerate(lines) if line == "^"]
        lines = lines[carets[-1] + 1 :] if carets else lines[1:]
    if not lines and error.__cause__ is not None:
        message = re.sub(r"^at \d+:\d+: ", "", complaint(error.__cause__))  # a place in the function that was called
    else:
        message = lines[-1] if lines else type(error).__name__
    return message if place is None else f"{place} {message}"


def load(source: Path, root: Path, function: str):
    """The jitted function; code objects carry the path relative to `root`, so no absolute path reaches the PTX."""
    import triton

    relative = source.relative_to(root).as_posix()
    text = read_source(source)
    linecache.cache[relative] = (len(text), None, text.splitlines(keepends=True), relative)
    module = types.ModuleType(f"kernel_source_{len(sys.modules)}")
    module.__file__ = relative
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, relative, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        raise InputError(f"{relative}: {type(error).__name__}: {one_line(str(error))}") from error
    kernel = getattr(module, function, None)
    while not isinstance(kernel, triton.runtime.JITFunction) and hasattr(kernel, "fn"):
        kernel = kernel.fn  # below @triton.autotune and @triton.heuristics
    if not isinstance(kernel, triton.runtime.JITFunction):
        raise InputError(f"{relative} has no @triton.jit function {function!r}")
    return kernel


def without_absolute_paths(ptx: str) -> str:
    """`.file` lines name Triton's own library from `triton/` on; the kernel's line is relative already."""
    return re.sub(r'^(\s*\.file\s+\d+\s+")/[^"]*/(triton/[^"]*")', r"\1\2", ptx, flags=re.MULTILINE)
