"""A case: one operator at one shape, the bytes it cannot do without, and buffers to run it on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from bench.graph_timing import Call, copies_needed

OPS = ("qnorm_rope", "flash_decode", "lm_head_int4")


@dataclass(frozen=True)
class Prepared:
    """One call for each copy of the buffers, and what is wrong with the outputs of the last of them."""

    calls: Sequence[Call]
    faults: Callable[[Any], list[str]]


@dataclass(frozen=True)
class Case:
    """`rotated`: copies of the inputs are used in turn, so that they come from DRAM; otherwise they are warm in the L2.

    floor_bytes: each byte that has to be read or written, once. touched_bytes: those of one copy. stored_bytes: memory
    of one copy; shared_bytes: memory beside the copies, for the check too. `prepare` takes copies and a torch device.
    """

    op: str
    name: str
    rotated: bool
    axes: dict[str, int]
    floor_bytes: int
    touched_bytes: int
    stored_bytes: int
    shared_bytes: int
    prepare: Callable[[int, str], Prepared]

    @property
    def l2(self) -> str:
        """What the report calls the state of the L2."""
        return "rotated" if self.rotated else "warm"

    def copies(self, l2_bytes: int) -> int:
        """How many copies of the buffers a device with this L2 needs."""
        return copies_needed(self.touched_bytes, l2_bytes) if self.rotated else 1

    def memory_bytes(self, copies: int) -> int:
        """Device memory for all of it."""
        return copies * self.stored_bytes + self.shared_bytes


def cases_of(op: str, multiprocessors: int) -> list[Case]:
    """The cases of one operator on a device with so many multiprocessors."""
    return import_module(f"bench.{op}_cases").cases(multiprocessors)


def selected(op: str | None, part: str, multiprocessors: int) -> list[Case]:
    """Cases of one operator or of all whose name, with the state of the L2, has `part` in it."""
    every = [case for name in OPS if op in (None, name) for case in cases_of(name, multiprocessors)]
    return [case for case in every if part in f"{case.op} {case.name} {case.l2}"]
