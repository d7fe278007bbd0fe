"""CUDA C++ to PTX with nvcc, found on PATH or in the nvidia-cuda-nvcc wheel."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from . import Compiled, CompilerMissing, InputError, one_line

NEXT = r"(?:,|\n\s*\.b8 )"  # between two bytes of a string in a debug section
PREFIX = NEXT.join(str(ord(letter)) for letter in "_INTERNAL_")
MODULE_ID = re.compile(rf"({PREFIX}{NEXT})(\d+(?:{NEXT}\d+){{7}})")
DEBUG_SECTION = re.compile(r"^[ \t]*\.section\s+\.debug_\w+\s*\{[^{}]*\}[ \t]*\n?", flags=re.MULTILINE)
ADD_FLAGS = {"NVCC_APPEND_FLAGS", "NVCC_PREPEND_FLAGS"}
HOW_TO_GET = "nvcc 13.0.88 is not on PATH; `python -m pip install -r kernels/requirements-test.txt` installs it"


def compile_cuda(source: Path, root: Path, target: str, flags: list[str]) -> Compiled:
    """PTX of `source` (below `root`) for `target` such as sm_80; without absolute paths."""
    nvcc = find_nvcc()
    with tempfile.TemporaryDirectory() as scratch:
        output, list_of_files = Path(scratch) / "kernel.ptx", Path(scratch) / "kernel.d"
        relative = source.relative_to(root).as_posix()
        outputs = ["-o", str(output), "-MMD", "-MF", str(list_of_files)]
        command = [nvcc, "-ptx", f"-arch={target}", *flags, relative, *outputs]
        run = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment())
        if run.returncode != 0:
            complaint = one_line(run.stderr + run.stdout)
            if "host compiler" in complaint or "unsupported GNU version" in complaint:
                raise CompilerMissing(f"nvcc needs g++ 6 to 15 as its host compiler ({complaint})")
            raise InputError(f"{relative}: {complaint}")
        ptx = output.read_text()
        included = included_files(list_of_files.read_text(), root) - {source}
    return Compiled(without_absolute_paths(ptx, root), version(nvcc), [f"-arch={target}", *flags], 0, included)


def compile_unoptimised(source: Path, root: Path, target: str, flags: list[str]) -> str:
    """PTX for a second pass, with every access of the source in its order; without debug sections, which hold paths."""
    compiled = compile_cuda(source, root, target, [*(flag for flag in flags if flag != "-lineinfo"), "-G"])
    return re.sub(r"^(\.target \w+), debug", r"\1", DEBUG_SECTION.sub("", compiled.ptx), flags=re.MULTILINE)


def included_files(rule: str, root: Path) -> frozenset[Path]:
    """Files below `root`, but the compiler's own, in the make rule that nvcc writes with paths relative to `root`."""
    _, _, prerequisites = rule.replace("\\\n", " ").partition(" : ")
    words = re.findall(r"(?:\\.|\S)+", prerequisites)
    names = [re.sub(r"\\(.)", r"\1", word).replace("$$", "$") for word in words]
    paths = {Path(os.path.normpath(root / name)) for name in names}
    return frozenset(path for path in paths if path.is_relative_to(root) and not path.is_relative_to(sys.prefix))


def find_nvcc() -> str:
    """Path of nvcc; the wheel pinned beside this package comes before PATH."""
    for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for nvcc in sorted(Path(folder).glob("nvidia/cu*/bin/nvcc")):
            return str(nvcc)
    found = shutil.which("nvcc")
    if found is None:
        raise CompilerMissing(HOW_TO_GET)
    return found


def version(nvcc: str) -> str:
    """Version such as 13.0.88."""
    text = subprocess.run([nvcc, "--version"], capture_output=True, text=True, env=environment()).stdout
    match = re.search(r"\bV(\d+\.\d+\.\d+)", text)
    if match is None:
        raise CompilerMissing(f"{nvcc} does not say its version; {HOW_TO_GET}")
    return match[1]


def environment() -> dict[str, str]:
    """The caller's environment without the variables that add flags to every nvcc call."""
    return {name: value for name, value in os.environ.items() if name not in ADD_FLAGS}


def without_absolute_paths(ptx: str, root: Path) -> str:
    """`.file` lines relative to `root` or by base name; zeros for the module id, a hash of the source's path."""

    def shorten(match: re.Match) -> str:
        path = Path(os.path.normpath(match[2]))
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        return f'{match[1]}"{name}"'

    ptx = re.sub(r'^(\s*\.file\s+\d+\s+)"([^"]+)"', shorten, ptx, flags=re.MULTILINE)
    ptx = re.sub(r"(_INTERNAL_)[0-9a-f]{8}_", r"\g<1>00000000_", ptx)
    return MODULE_ID.sub(lambda match: match[1] + re.sub(r"(?<!b)\d+", str(ord("0")), match[2]), ptx)
