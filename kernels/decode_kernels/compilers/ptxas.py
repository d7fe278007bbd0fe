"""What ptxas makes of a PTX module: registers, stack, spills and static shared memory of one entry."""

import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from . import CompilerMissing, InputError, one_line
from .nvcc import environment, find_nvcc

HOW_TO_GET = "ptxas 13.0.88 is not beside nvcc; `python -m pip install -r kernels/requirements-test.txt` installs it"


def resources(ptx: str, target: str, entry: str) -> dict[str, int | str]:
    """Per thread and CTA, as `ptxas -v` says for `target`."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "kernel.ptx"
        source.write_text(ptx)
        command = [find_ptxas(), "-v", f"-arch={target}", "-o", str(Path(scratch) / "kernel.cubin"), str(source)]
        run = subprocess.run(command, capture_output=True, text=True, env=environment())
    if run.returncode != 0:
        raise InputError(f"ptxas refuses {entry}: {one_line(run.stderr)}")
    told = told_of(entry, run.stderr)
    return {
        "registers": number(r"Used (\d+) registers", told),
        "sharedBytes": number(r"(\d+) bytes smem", told),
        "stackBytes": number(r"(\d+) bytes stack frame", told),
        "spillStoreBytes": number(r"(\d+) bytes spill stores", told),
        "spillLoadBytes": number(r"(\d+) bytes spill loads", told),
        "assembler": version(),
    }


def told_of(entry: str, text: str) -> str:
    """The lines about one entry, up to the next entry or function."""
    pattern = rf"Compiling entry function '{re.escape(entry)}' for.*?(?=Compiling entry function|\Z)"
    match = re.search(pattern, text, re.S)
    if match is None:
        raise InputError(f"ptxas says nothing of {entry}: {one_line(text)}")
    return match[0]


def number(pattern: str, text: str) -> int:
    """The number that the pattern finds; ptxas leaves out what is 0."""
    match = re.search(pattern, text)
    return int(match[1]) if match else 0


@cache
def find_ptxas() -> str:
    """Path of ptxas: beside nvcc, else on PATH."""
    beside = Path(find_nvcc()).with_name("ptxas")
    found = str(beside) if beside.is_file() else shutil.which("ptxas")
    if found is None:
        raise CompilerMissing(HOW_TO_GET)
    return found


@cache
def version() -> str:
    """`ptxas 13.0.88`."""
    text = subprocess.run([find_ptxas(), "--version"], capture_output=True, text=True, env=environment()).stdout
    match = re.search(r"\bV(\d+\.\d+\.\d+)", text)
    if match is None:
        raise CompilerMissing(f"ptxas does not say its version; {HOW_TO_GET}")
    return f"ptxas {match[1]}"
