"""One case measured and judged: figures exist only for outputs that are right and for rates that are possible."""

from dataclasses import dataclass
from statistics import median, quantiles

from bench.baselines import Baselines
from bench.cases import Case
from bench.graph_timing import Device, Timing, time_calls

MOST_PERCENT_OF_COPY = 105.0


@dataclass(frozen=True)
class Figures:
    """What a timing says. percent_of_copy is absent for a warm L2: its data do not come from DRAM."""

    timing: Timing
    median_us: float
    quartiles_us: tuple[float, float]
    gb_per_s: float
    times_empty: float
    percent_of_copy: float | None

    @property
    def iqr_us(self) -> float:
        """Third quartile less the first."""
        return self.quartiles_us[1] - self.quartiles_us[0]


@dataclass(frozen=True)
class Result:
    """status is measured, wrong, implausible, failed or skipped; all but the first have a reason and no figures."""

    case: Case
    status: str
    figures: Figures | None = None
    reason: str | None = None


def figures_of(timing: Timing, case: Case, baselines: Baselines) -> Figures:
    """Median, quartiles, 10^9 floor bytes per second, and the two ratios."""
    middle = median(timing.samples_us)
    first, _, third = quantiles(timing.samples_us, n=4, method="inclusive")
    rate = case.floor_bytes / middle / 1000
    percent = 100 * rate / baselines.copy_gb_per_s if case.rotated else None
    return Figures(timing, middle, (first, third), rate, middle / baselines.empty_us, percent)


def judged(figures: Figures, case: Case) -> Result:
    """Refused where floor bytes would move faster than the copy moved its own by more than the limit allows."""
    percent = figures.percent_of_copy
    if percent is not None and not percent <= MOST_PERCENT_OF_COPY:
        reason = f"{percent:.1f} % of the copy's bandwidth; at most {MOST_PERCENT_OF_COPY:.0f} % is possible"
        return Result(case, "implausible", reason=reason)
    return Result(case, "measured", figures)


def measure(device: Device, case: Case, baselines: Baselines) -> Result:
    """Time a case, check what its last timed call left, then judge the figures."""
    copies = case.copies(device.l2_bytes)
    needed, free = case.memory_bytes(copies), device.free_bytes()
    if needed > free:
        reason = f"needs {needed / 1e9:.1f} GB for {copies} copies, {free / 1e9:.1f} GB are free"
        return Result(case, "skipped", reason=reason)
    try:
        prepared = case.prepare(copies, device.name)
        timing, outputs = time_calls(device, prepared.calls)
        faults = prepared.faults(outputs)
    except Exception as error:  # an operator that cannot run here must not hide the other cases
        return Result(case, "failed", reason=f"{type(error).__name__}: {error}")
    if faults:
        return Result(case, "wrong", reason="; ".join(faults))
    return judged(figures_of(timing, case, baselines), case)
