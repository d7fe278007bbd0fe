"""The results as a table of at most 100 columns and as a JSON document."""

from collections import Counter
from textwrap import wrap

from bench.baselines import Baselines
from bench.measure import MOST_PERCENT_OF_COPY, Figures, Result

WIDTH = 100
SCHEMA = "decode-kernels/quick-bench@1"
HEADINGS = ("op", "case", "L2", "us/call", "IQR us", "floor MB", "GB/s", "% copy", "x empty")
LEFT = 3  # columns of text; the others are numbers, at the right
LEGEND = (
    "us/call: median of graph replays over the calls of a graph; a call of flash_decode is two launches, others are "
    "one. floor MB: 10^6 bytes that have to be read or written, each once; GB/s: that by the median. % copy: of the "
    "copy's bytes read and written. x empty: of a launch of an empty kernel. rotated: other buffers of three times the "
    "L2 lie between two uses of one. warm: the same buffers each time, as their producer leaves them; their bytes do "
    "not come from DRAM, so they have no % copy."
)


def text(results: list[Result], conditions: dict[str, object], baselines: Baselines) -> str:
    """Conditions, table, legend, then the reason of each case without figures and the totals."""
    lines = [*wrap(condition_line(conditions), WIDTH), *wrap(baseline_line(baselines), WIDTH), ""]
    lines += table([cells(result) for result in results])
    lines += ["", *wrap(LEGEND, WIDTH)]
    for result in results:
        if result.reason is not None:
            reason = f"{result.status}: {result.case.op} {result.case.name} ({result.case.l2}): {result.reason}"
            lines += wrap(reason, WIDTH, subsequent_indent="  ")
    counts = Counter(result.status for result in results)
    return "\n".join([*lines, "", ", ".join(f"{count} {status}" for status, count in counts.items())])


def condition_line(conditions: dict[str, object]) -> str:
    """All of them in one sentence."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in conditions.items())


def baseline_line(baselines: Baselines) -> str:
    """The denominators."""
    buffer_mb = baselines.copied_bytes / 2e6
    return (
        f"copy of {buffer_mb:.0f} MB: {baselines.copy_gb_per_s:.1f} GB/s read and written; "
        f"empty kernel: {baselines.empty_us:.2f} us a launch"
    )


def cells(result: Result) -> list[str]:
    """A row: figures, or the status where they would be."""
    head = [result.case.op, result.case.name, result.case.l2]
    if result.figures is None:
        return [*head, result.status]
    figures = result.figures
    percent = "-" if figures.percent_of_copy is None else f"{figures.percent_of_copy:.1f}"
    numbers = (f"{figures.median_us:.2f}", f"{figures.iqr_us:.2f}", f"{result.case.floor_bytes / 1e6:.3f}")
    return [*head, *numbers, f"{figures.gb_per_s:.1f}", percent, f"{figures.times_empty:.1f}"]


def table(rows: list[list[str]]) -> list[str]:
    """Columns as wide as their widest cell, two spaces apart; a status may run on over the columns of figures."""
    whole = [list(HEADINGS), *[row for row in rows if len(row) == len(HEADINGS)]]
    widths = [max(len(row[i]) for row in (whole if i >= LEFT else [*whole, *rows])) for i in range(len(HEADINGS))]

    def line(row: list[str]) -> str:
        padded = [cell.ljust(widths[i]) if i < LEFT else cell.rjust(widths[i]) for i, cell in enumerate(row)]
        return "  ".join(padded).rstrip()

    return [line(row) for row in [list(HEADINGS), *rows]]


def document(results: list[Result], conditions: dict[str, object], baselines: Baselines) -> dict:
    """Everything that was measured, every sample; what was refused has a reason in place of figures."""
    return {
        "schema": SCHEMA,
        "conditions": conditions,
        "baselines": {
            "copied_bytes": baselines.copied_bytes,
            "copy_gb_per_s": baselines.copy_gb_per_s,
            "copy_samples_us": baselines.copy.samples_us,
            "empty_us": baselines.empty_us,
            "empty_samples_us": baselines.empty.samples_us,
        },
        "limits": {"most_percent_of_copy": MOST_PERCENT_OF_COPY},
        "cases": [entry(result) for result in results],
    }


def entry(result: Result) -> dict:
    """One case."""
    case = result.case
    found = {
        "op": case.op,
        "case": case.name,
        "l2": case.l2,
        "axes": case.axes,
        "status": result.status,
        "floor_bytes": case.floor_bytes,
        "touched_bytes": case.touched_bytes,
    }
    if result.reason is not None:
        found["reason"] = result.reason
    return found if result.figures is None else found | measured(result.figures)


def measured(figures: Figures) -> dict:
    """Figures by name; what was not observed is absent."""
    percent = figures.percent_of_copy
    return {
        "copies": figures.timing.copies,
        "calls_per_graph": figures.timing.calls_per_graph,
        "replays": len(figures.timing.samples_us),
        "median_us": figures.median_us,
        "first_quartile_us": figures.quartiles_us[0],
        "third_quartile_us": figures.quartiles_us[1],
        "gb_per_s": figures.gb_per_s,
        "times_empty": figures.times_empty,
        **({} if percent is None else {"percent_of_copy": percent}),
        "samples_us": figures.timing.samples_us,
    }
