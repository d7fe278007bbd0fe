"""A hundred launches on the same buffers give the same bytes, whatever the last or a poison left in workspaces."""

import pytest
import torch
from torch import Tensor

from bench.cases import Case, selected
from bench.cuda_device import CudaDevice
from reused_memory import POISON, ReusedMemory, fill, snapshot

LAUNCHES = 100
NAMES = [
    "qnorm_rope sliding t1 warm",
    "qnorm_rope full t16 warm",
    "qnorm_rope full q-only t1 warm",
    "flash_decode window512 kv8192 b1 rotated",
    "flash_decode window512 kv8192 b16 rotated",
    "flash_decode full kv8192 b1 rotated",
    "flash_decode full kv32768 b4 rotated",
    "lm_head_int4 argmax g128 m1 rotated",
    "lm_head_int4 argmax channel m16 rotated",
    "lm_head_int4 logits g128 m16 rotated",
    "lm_head_int4 top64 g128 m16 rotated",
]
WITHOUT_WORKSPACE = ("qnorm_rope", "lm_head_int4 logits")


class Launches:
    """One case with its memory; results are outputs and the cache that is written in place."""

    def __init__(self, case: Case):
        self.prepared = case.prepare(1, "cuda")
        self.call, self.memory = self.prepared.calls[0], ReusedMemory()
        self.written_in_place = [self.call.args[5]] if case.op == "qnorm_rope" and self.call.args[5] is not None else []

    def launch(self) -> tuple[Tensor, ...]:
        """Outputs, in memory that each launch finds as it was left."""
        with self.memory.call():
            outputs = self.call()
        return (outputs,) if isinstance(outputs, Tensor) else outputs

    def results(self, outputs: tuple[Tensor, ...]) -> list[Tensor]:
        """Bytes of everything that was written."""
        return snapshot((*outputs, *self.written_in_place))


@pytest.fixture(params=NAMES)
def launches(request) -> Launches:
    """Right outputs to begin with."""
    multiprocessors = torch.cuda.get_device_properties(0).multi_processor_count
    (case,) = [case for case in selected(None, request.param, multiprocessors) if full_name(case) == request.param]
    made = Launches(case)
    outputs = made.launch()
    assert made.prepared.faults(outputs if len(outputs) > 1 else outputs[0]) == []
    assert bool(made.memory.workspaces(outputs)) != request.param.startswith(WITHOUT_WORKSPACE)
    return made


def full_name(case: Case) -> str:
    """As in NAMES."""
    return f"{case.op} {case.name} {case.l2}"


def assert_same(first: list[Tensor], again: list[Tensor], what: str) -> None:
    """Byte for byte."""
    for i, (before, after) in enumerate(zip(first, again, strict=True)):
        assert torch.equal(before, after), f"{what}: {int((before != after).sum())} bytes of result {i} differ"


def test_launch_by_launch(launches):
    """Outputs are overwritten in between, with other bytes each time; workspaces are as the last launch left them."""
    outputs = launches.launch()
    first = launches.results(outputs)
    for i in range(1, LAUNCHES):
        for output in outputs:
            fill(output, i % 256)
        assert_same(first, launches.results(launches.launch()), f"launch {i}")


@pytest.mark.parametrize("byte", [POISON, 0x00, 0x7F])
def test_poisoned_workspaces(launches, byte):
    """0xff is NaN and -1, 0x7f a float and a key that are greater than all results."""
    outputs = launches.launch()
    first = launches.results(outputs)
    for buffer in (*launches.memory.workspaces(outputs), *outputs):
        fill(buffer, byte)
    assert_same(first, launches.results(launches.launch()), f"workspaces of bytes {byte:#x}")


def test_graph_replays(launches):
    """Workspaces are poisoned before the first replay, outputs before each."""
    device = CudaDevice()
    first = launches.results(launches.launch())
    captured = device.capture([launches.launch])
    torch.cuda.synchronize()
    outputs = captured.outputs
    for buffer in launches.memory.workspaces(outputs):
        fill(buffer, POISON)
    for i in range(LAUNCHES):
        for output in outputs:
            fill(output, i % 256)
        torch.cuda.synchronize()
        captured.graph.replay()
        torch.cuda.synchronize()
        assert_same(first, launches.results(outputs), f"replay {i}")
