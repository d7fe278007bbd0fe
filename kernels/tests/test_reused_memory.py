"""The memory of the determinism tests tells an operator that believes in what it finds in a workspace."""

import pytest
import torch
from torch import Tensor

from reused_memory import POISON, ReusedMemory, fill, snapshot


def operator(x: Tensor, clears: bool) -> Tensor:
    """Sums of rows through a workspace that it clears first, or not."""
    total, out = torch.empty(len(x), dtype=torch.float32), x.new_empty(len(x))
    if clears:
        total.zero_()
    total += x.sum(1)
    return out.copy_(total)


def launches(clears: bool, byte: int | None) -> list[list[Tensor]]:
    """Bytes of three launches; the workspace gets `byte` after the first, and otherwise keeps what it has."""
    memory, x, results = ReusedMemory(__name__), torch.arange(6.0).reshape(2, 3), []
    for _ in range(3):
        with memory.call():
            out = operator(x, clears)
        assert memory.workspaces((out,)) == [memory.buffers[0]]
        assert out.data_ptr() == memory.buffers[1].data_ptr()
        results.append(snapshot((out,)))
        if byte is not None and len(results) == 1:
            fill(memory.buffers[0], byte)
    return results


@pytest.mark.parametrize("byte", [None, POISON, 0x7F])
def test_an_operator_that_clears(byte):
    first, *others = launches(True, byte)
    assert all(torch.equal(first[0], other[0]) for other in others)
    assert first[0].view(torch.float32).tolist() == [3.0, 12.0]


@pytest.mark.parametrize("byte", [0x00, 0x7F])
def test_an_operator_that_does_not(byte):
    first, *others = launches(False, byte)
    assert first[0].view(torch.float32).isnan().all()
    assert not any(torch.equal(first[0], other[0]) for other in others)


def test_allocation_is_torchs_again():
    before = (Tensor.new_empty, torch.empty)
    with ReusedMemory(__name__).call():
        assert torch.empty is not before[1]
    assert (Tensor.new_empty, torch.empty) == before
    with pytest.raises(ValueError, match="refused"), ReusedMemory(__name__).call():
        raise ValueError("refused")
    assert (Tensor.new_empty, torch.empty) == before


def test_memory_of_others():
    memory = ReusedMemory("triton")
    with memory.call():
        assert operator(torch.ones(2, 3), True).tolist() == [3.0, 3.0]
    assert memory.buffers == []


def test_calls_that_ask_for_other_memory():
    memory = ReusedMemory(__name__)
    with memory.call():
        torch.empty(3)
    with pytest.raises(AssertionError), memory.call():
        torch.empty(4)
