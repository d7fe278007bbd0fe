"""bench/ on a device with a clock of its own: how often, on how many copies, what the figures are, what is refused."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from bench import command, conditions
from bench.baselines import Baselines, copy_buffer_bytes, measure_baselines
from bench.cases import Case, Prepared, selected
from bench.graph_timing import MIN_GRAPH_MS, REPLAYS, Timing, copies_needed, time_calls
from bench.measure import Figures, Result, figures_of, measure
from bench.report import WIDTH, cells, document, table, text
from clocked_device import ClockedCall, ClockedDevice
from decode_kernels.artifacts import PACKAGE

BASELINES = Baselines(Timing([100.0] * 3, 10, 1), 200_000_000, Timing([2.0] * 3, 500, 1))  # 2000 GB/s
CONDITIONS = {"date": "2026-01-01T00:00:00+00:00", "device": "a device", "l2_bytes": 1000, "driver": "1.2.3"}


def case_of(us: float = 50.0, faults: tuple = (), rotated: bool = True, floor_bytes: int = 50_000_000) -> Case:
    """A case whose calls take `us`; each copy's call returns its number."""
    return Case(
        op="flash_decode",
        name="full kv8192 b1",
        rotated=rotated,
        axes={"batch_size": 1},
        floor_bytes=floor_bytes,
        touched_bytes=900,
        stored_bytes=1000,
        shared_bytes=500,
        prepare=lambda copies, device: Prepared(
            [ClockedCall(us, i) for i in range(copies)],
            lambda outputs: [*faults] if outputs == copies - 1 else ["copy"],
        ),
    )


@pytest.mark.parametrize(("touched", "l2", "copies"), [(1, 10, 31), (10, 10, 4), (30, 10, 2), (31, 10, 2), (29, 10, 3)])
def test_copies(touched, l2, copies):
    assert copies_needed(touched, l2) == copies
    assert (copies - 1) * touched >= 3 * l2 > (copies - 2) * touched


def test_nothing_to_rotate():
    with pytest.raises(ValueError, match="0 bytes"):
        copies_needed(0, 10)


def test_copies_of_a_case():
    assert case_of().copies(1000) == 5
    assert case_of(rotated=False).copies(1000) == 1


def test_graphs_last_a_millisecond_in_whole_rounds():
    device, calls = ClockedDevice(), [ClockedCall(3.0, i) for i in range(7)]
    timing, outputs = time_calls(device, calls)
    graph = device.graphs[-1]
    assert graph == calls * (len(graph) // 7)
    assert 3.0 * len(graph) / 1000 >= MIN_GRAPH_MS
    assert timing.calls_per_graph == len(graph)
    assert timing.copies == 7
    assert len(timing.samples_us) == REPLAYS >= 50
    assert timing.samples_us == pytest.approx([3.0] * REPLAYS)
    assert outputs == 6


def test_a_graph_that_is_long_enough_is_captured_once():
    device = ClockedDevice()
    assert time_calls(device, [ClockedCall(1500.0)])[0].calls_per_graph == 1
    assert len(device.graphs) == 1


def test_graphs_grow_where_clocks_rise():
    device = ClockedDevice(factors=[1.0] * 3 + [1.0, 1.0, 1.0] + [0.4] * 500)
    timing, _ = time_calls(device, [ClockedCall(100.0)])
    assert len(device.graphs) > 2
    assert min(timing.samples_us) * timing.calls_per_graph / 1000 >= MIN_GRAPH_MS


def test_a_clock_that_stands_still():
    with pytest.raises(RuntimeError, match="took 0"):
        time_calls(ClockedDevice(), [ClockedCall(0.0)])


def test_baselines():
    device = ClockedDevice(l2_bytes=100 * 2**20)
    baselines = measure_baselines(device)
    assert device.copied == [400 * 2**20]
    assert baselines.copied_bytes == 2 * 400 * 2**20
    assert baselines.copy_gb_per_s == pytest.approx(2 * 400 * 2**20 / device.copy_us / 1000)
    assert baselines.empty_us == pytest.approx(2.0)
    assert copy_buffer_bytes(1) == 256 * 2**20


def test_figures():
    timing = Timing([10.0, 40.0, 20.0, 50.0, 30.0], 4, 2)
    figures = figures_of(timing, case_of(floor_bytes=30_000_000), BASELINES)
    assert figures.median_us == 30.0
    assert figures.quartiles_us == (20.0, 40.0)
    assert figures.iqr_us == 20.0
    assert figures.gb_per_s == pytest.approx(1000.0)
    assert figures.percent_of_copy == pytest.approx(50.0)
    assert figures.times_empty == pytest.approx(15.0)
    assert figures_of(timing, case_of(rotated=False), BASELINES).percent_of_copy is None


def test_measured():
    device = ClockedDevice()
    result = measure(device, case_of(), BASELINES)
    assert (result.status, result.reason) == ("measured", None)
    assert result.figures.percent_of_copy == pytest.approx(50.0)
    assert result.figures.timing.copies == 5
    assert cells(result)[3:] == ["50.00", "0.00", "50.000", "1000.0", "50.0", "25.0"]


@pytest.mark.parametrize(("floor_bytes", "status"), [(104_999_999, "measured"), (105_100_000, "implausible")])
def test_faster_than_the_copy_can_be(floor_bytes, status):
    assert measure(ClockedDevice(), case_of(floor_bytes=floor_bytes), BASELINES).status == status


def test_warm_figures_are_not_held_to_dram():
    assert measure(ClockedDevice(), case_of(floor_bytes=10**9, rotated=False), BASELINES).status == "measured"


def test_skipped_for_memory():
    assert measure(ClockedDevice(free=5500), case_of(), BASELINES).status == "measured"
    result = measure(ClockedDevice(free=5499), case_of(), BASELINES)
    assert result.status == "skipped"
    assert "5 copies" in result.reason


def test_an_operator_that_raises():
    broken = case_of()

    def prepare(copies: int, device: str) -> Prepared:
        raise RuntimeError("no such kernel")

    result = measure(ClockedDevice(), Case(**{**vars(broken), "prepare": prepare}), BASELINES)
    assert (result.status, result.reason) == ("failed", "RuntimeError: no such kernel")


@pytest.mark.parametrize(
    ("case", "status"),
    [
        (case_of(us=33.25, faults=("out: 3 of 8 vectors are off", "lse: 1 of 8")), "wrong"),
        (case_of(us=33.25, floor_bytes=10**9), "implausible"),
    ],
)
def test_no_number_of_a_bad_case_is_told(case, status):
    device = ClockedDevice()
    _, results = command.run(device, [case, case_of()])
    assert [result.status for result in results] == [status, "measured"]
    assert command.exit_code(results) == 1
    assert results[0].figures is None
    printed, written = text(results, CONDITIONS, BASELINES), document(results, CONDITIONS, BASELINES)
    assert "33.2" not in printed
    assert f"1 {status}, 1 measured" in printed
    assert f"{status}: flash_decode full kv8192 b1 (rotated): " in printed
    assert not {"median_us", "samples_us", "gb_per_s"} & set(written["cases"][0])
    assert written["cases"][0]["reason"] == results[0].reason


def test_exit_codes():
    good, skipped = Result(case_of(), "measured"), Result(case_of(), "skipped", reason="memory")
    assert command.exit_code([good, skipped]) == 0
    assert command.exit_code([skipped]) == 1
    assert [command.exit_code([good, Result(case_of(), status)]) for status in command.BAD] == [1, 1, 1]


def test_table():
    device = ClockedDevice(factors=[1.0, 1.1])
    three = [case_of(), case_of(rotated=False), case_of(faults=("out is off " * 30,))]
    results = [measure(device, case, BASELINES) for case in three]
    lines = table([cells(result) for result in results])
    ends = {name: lines[0].index(name) + len(name) for name in ("us/call", "floor MB", "GB/s", "% copy", "x empty")}
    assert [lines[1][: ends[name]].split()[-1] for name in ends] == ["52.50", "50.000", "952.4", "47.6", "26.2"]
    assert lines[0].startswith("op            case            L2       us/call  IQR us  floor MB")
    assert lines[2][: ends["% copy"]].endswith(" -")
    assert lines[3].endswith("wrong")
    printed = text(results, {"driver": "a long condition " * 20}, BASELINES)
    assert max(map(len, printed.splitlines())) <= WIDTH == 100


def test_the_widest_rows_fit():
    slow = Timing([99999.99, 90000.0] * 2, 1, 1)
    every = selected(None, "", 132)
    figures = Figures(slow, 99999.99, (90000.0, 99999.99), 99999.9, 99999.9, 104.9)
    lines = table([cells(Result(case, "measured", figures)) for case in every])
    assert len(lines) == len(every) + 1
    assert max(map(len, lines)) <= WIDTH


def test_document():
    _, results = command.run(ClockedDevice(), [case_of(), case_of(rotated=False)])
    written = json.loads(json.dumps(document(results, CONDITIONS, BASELINES)))
    assert written["conditions"] == CONDITIONS
    assert written["baselines"]["copy_gb_per_s"] == 2000.0
    assert written["baselines"]["empty_samples_us"] == [2.0] * 3
    rotated, warm = written["cases"]
    assert len(rotated["samples_us"]) == rotated["replays"] == REPLAYS
    assert (rotated["copies"], rotated["calls_per_graph"], rotated["l2"]) == (5, 25, "rotated")
    assert rotated["percent_of_copy"] == pytest.approx(50.0, rel=0.01)
    assert (warm["copies"], warm["l2"]) == (1, "warm")
    assert "percent_of_copy" not in warm
    assert "reason" not in warm


def test_clocks_are_read_under_load(tmp_path, monkeypatch):
    """By queries alone: the program that stands in for nvidia-smi writes down its arguments and waits for the load."""
    program, asked, loaded = tmp_path / "nvidia-smi", tmp_path / "asked", tmp_path / "loaded"
    answer = "580.1.2, 1410, 1980, 2619, 2619, 700.00, [N/A]"
    waiting = f'until [ -e "{loaded}" ]; do sleep 0.01; done'
    program.write_text(f'#!/bin/sh\necho "$@" > "{asked}"\n{waiting}\necho "{answer}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = conditions.read_under_load("GPU-1", loaded.touch)
    assert found["driver"] == "580.1.2"
    assert (found["sm_clock_mhz"], found["max_sm_clock_mhz"], found["power_limit_w"]) == (1410.0, 1980.0, 700.0)
    assert "ecc" not in found
    assert [word.split("=")[0] for word in asked.read_text().split()] == ["--id", "--query-gpu", "--format"]
    program.write_text("#!/bin/sh\nexit 9\n")
    assert conditions.read_under_load("GPU-1", lambda: None) == {}
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert conditions.read_under_load("GPU-1", lambda: None) == {}


def test_an_answer_of_another_length():
    assert conditions.parse_nvidia_smi("No devices were found") == {}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_a_device():
    program = Path(command.__file__).parent / "quick.py"
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "quick.py: missing: a CUDA device that torch can use\n"


def test_the_command(tmp_path, monkeypatch, capsys):
    device, file = ClockedDevice(), tmp_path / "figures.json"
    device.uuid = "GPU-1"
    monkeypatch.setattr(command, "missing", lambda: None)
    monkeypatch.setattr("bench.cuda_device.CudaDevice", lambda: device)
    monkeypatch.setattr(command, "software_and_device", lambda: {"device": "a device"})
    monkeypatch.setattr(command, "read_under_load", lambda uuid, load: {"driver": uuid} if load() else {})
    monkeypatch.setattr(command, "selected", lambda op, part, multiprocessors: [case_of()] if part in "b1" else [])
    assert command.main(["--json", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "device a device, driver GPU-1" in printed
    assert "1 measured" in printed
    assert json.loads(file.read_text())["cases"][0]["status"] == "measured"
    with pytest.raises(SystemExit) as stopped:
        command.main(["--case", "no such"])
    assert stopped.value.code == 2


@pytest.mark.parametrize("arguments", [["--op", "softmax"], ["--json", "no such folder/figures.json"]])
def test_usage(arguments):
    with pytest.raises(SystemExit) as stopped:
        command.main(arguments)
    assert stopped.value.code == 2


def test_no_kernel_imports_the_bench():
    sources = [
        path for path in PACKAGE.rglob("*.py") if re.search(r"^\s*(from|import) bench\b", path.read_text(), re.M)
    ]
    assert sources == []
