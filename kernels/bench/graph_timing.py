"""Time of a call inside a CUDA graph: graphs of at least a millisecond, each call on buffers that have left the L2."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Protocol

MIN_GRAPH_MS = 1.0
REPLAYS = 100
PILOT_REPLAYS = 3
MARGIN = 1.25  # of calls beyond what the pilot asks for, as clocks rise
REUSE_DISTANCE = 3  # L2 sizes of other bytes between two uses of one buffer

Call = Callable[[], Any]


@dataclass(frozen=True)
class Captured:
    """A graph, and what its last call returned: filled by each replay."""

    graph: Any
    outputs: Any


class Device(Protocol):
    """What the measurements need of a device."""

    name: str  # as torch has it
    l2_bytes: int
    multiprocessors: int

    def copy_call(self, buffer_bytes: int) -> Call:
        """A copy between two buffers of this size."""

    def empty_call(self) -> Call:
        """A launch of a kernel that does nothing."""

    def free_bytes(self) -> int:
        """Memory that can be had."""

    def capture(self, calls: Sequence[Call]) -> Captured:
        """The calls in order in one graph; the first has run before, outside of it."""

    def replay_ms(self, captured: Captured, count: int) -> list[float]:
        """Milliseconds of each of `count` replays, one behind the other."""

    def release(self) -> None:
        """Give back the memory of what is no longer used."""


@dataclass(frozen=True)
class Timing:
    """Microseconds per call, one sample for each replay, and how they were had."""

    samples_us: list[float]
    calls_per_graph: int
    copies: int


def copies_needed(touched_bytes: int, l2_bytes: int) -> int:
    """Copies of buffers, used in turn, so that REUSE_DISTANCE L2 sizes of other copies lie between two uses of one."""
    if touched_bytes <= 0:
        raise ValueError(f"a call that touches {touched_bytes} bytes cannot be rotated")
    return 1 + ceil(REUSE_DISTANCE * l2_bytes / touched_bytes)


def time_calls(device: Device, calls: Sequence[Call]) -> tuple[Timing, Any]:
    """Replays of graphs that hold `calls`, one for each copy, as often as it takes; and the last call's outputs.

    A graph holds whole rounds over the copies. RuntimeError where the clock does not move.
    """
    rounds = 1
    while True:
        captured = device.capture(list(calls) * rounds)
        shortest = min(device.replay_ms(captured, PILOT_REPLAYS))
        if shortest >= MIN_GRAPH_MS:
            samples = device.replay_ms(captured, REPLAYS)
            shortest = min(samples)
            if shortest >= MIN_GRAPH_MS:
                count = rounds * len(calls)
                return Timing([1000 * ms / count for ms in samples], count, len(calls)), captured.outputs
        if shortest <= 0:
            raise RuntimeError(f"a graph of {rounds * len(calls)} calls took {shortest} ms")
        rounds = max(rounds + 1, ceil(MARGIN * rounds * MIN_GRAPH_MS / shortest))
