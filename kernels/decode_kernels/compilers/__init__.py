"""Source to PTX without a GPU, one module per compiler."""

from dataclasses import dataclass
from pathlib import Path


class InputError(Exception):
    """The request or a source file is wrong (exit code 2)."""


class CompilerMissing(Exception):
    """The environment lacks a compiler (exit code 3); the message says how to get it."""


@dataclass(frozen=True)
class Compiled:
    """PTX text without any absolute path, and what a launch needs to know about it."""

    ptx: str
    version: str
    flags: dict | list
    shared_bytes: int
    included: frozenset[Path] = frozenset()  # below the root, without the source


def read_source(source: Path) -> str:
    """Text of a source file."""
    try:
        return source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{source.name} can't be read: {one_line(str(error))}") from error


def one_line(text: str) -> str:
    """The first line of a compiler's complaint that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return (errors or lines or ["no message"])[0]
