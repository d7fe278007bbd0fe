"""A device with a clock of its own for the tests of bench/: calls say how long they take, nothing is launched."""

from collections.abc import Sequence
from itertools import cycle

from bench.baselines import MIN_COPY_BYTES
from bench.graph_timing import Call, Captured


class ClockedCall:
    """A call of a known length that returns its own number and keeps count."""

    def __init__(self, us: float, outputs: object = None):
        self.us, self.outputs, self.count = us, outputs, 0

    def __call__(self) -> object:
        self.count += 1
        return self.outputs


class ClockedDevice:
    """A graph lasts as long as its calls, times the next of `factors`; `graphs` has the calls of each capture."""

    name = "cpu"

    def __init__(self, l2_bytes: int = 1000, free: int = 10**12, factors: Sequence[float] = (1.0,)):
        self.l2_bytes, self.multiprocessors, self.free = l2_bytes, 132, free
        self.factors = cycle(factors)
        self.graphs: list[list[Call]] = []
        self.copied: list[int] = []
        self.copy_us, self.empty_us = 2 * MIN_COPY_BYTES / 2e6, 2.0  # 2000 GB/s

    def copy_call(self, buffer_bytes: int) -> Call:
        self.copied.append(buffer_bytes)
        return ClockedCall(self.copy_us)

    def empty_call(self) -> Call:
        return ClockedCall(self.empty_us)

    def free_bytes(self) -> int:
        return self.free

    def capture(self, calls: Sequence[Call]) -> Captured:
        self.graphs.append(list(calls))
        return Captured(sum(call.us for call in calls) / 1000, [call() for call in calls][-1])

    def replay_ms(self, captured: Captured, count: int) -> list[float]:
        return [captured.graph * next(self.factors) for _ in range(count)]

    def release(self) -> None:
        pass
