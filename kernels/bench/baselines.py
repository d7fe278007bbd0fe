"""What the operators are compared with, measured in the same way: a copy through DRAM and an empty kernel."""

from dataclasses import dataclass
from statistics import median

from bench.graph_timing import Device, Timing, time_calls

COPY_L2_SIZES = 4
MIN_COPY_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Baselines:
    """The two denominators; `copied_bytes` counts what is read and what is written."""

    copy: Timing
    copied_bytes: int
    empty: Timing

    @property
    def copy_gb_per_s(self) -> float:
        """10^9 bytes, read and written, per second, by the median."""
        return self.copied_bytes / median(self.copy.samples_us) / 1000

    @property
    def empty_us(self) -> float:
        """Median of a launch of the empty kernel."""
        return median(self.empty.samples_us)


def copy_buffer_bytes(l2_bytes: int) -> int:
    """Size of source and of destination: neither is in the L2 when it is used again."""
    return max(COPY_L2_SIZES * l2_bytes, MIN_COPY_BYTES)


def measure_baselines(device: Device) -> Baselines:
    """Both, one after the other."""
    buffer_bytes = copy_buffer_bytes(device.l2_bytes)
    copy, _ = time_calls(device, [device.copy_call(buffer_bytes)])
    empty, _ = time_calls(device, [device.empty_call()])
    return Baselines(copy, 2 * buffer_bytes, empty)
