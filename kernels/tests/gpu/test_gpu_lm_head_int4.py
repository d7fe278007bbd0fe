"""lm_head_int4 on the device: the operators against float64, the same bits in every launch and beside other rows."""

import pytest
import torch

from decode_kernels.lm_head_int4 import reference
from decode_kernels.lm_head_int4.ops import lm_head_int4_logits, lm_head_int4_top_k
from lm_head_int4_inputs import Head, make_head

KINDS = [(groups, dtype) for groups in ("32", "128", "channel") for dtype in (torch.bfloat16, torch.float16)]
REPETITIONS = 100


def on_device(head: Head) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """hidden, weights and scales on the device."""
    return head.hidden.cuda(), head.weights.cuda(), head.scales.cuda()


@pytest.mark.parametrize(("groups", "dtype"), KINDS)
@pytest.mark.parametrize("vocab_size", [256, 253])
@pytest.mark.parametrize("rounds", [False, True])
def test_logits(groups, dtype, vocab_size, rounds):
    head = make_head(groups, dtype, num_tokens=16)
    got = lm_head_int4_logits(*on_device(head), vocab_size, 30.0, rounds).cpu().double()
    arguments = (head.hidden, head.weights, head.scales, 30.0)
    expected = reference.reference(*arguments)[:, :vocab_size]
    naive = reference.naive(*arguments)[:, :vocab_size].double()
    limit = 2 * (naive - expected).abs().amax(dim=1) + torch.finfo(dtype).eps * expected.abs().amax(dim=1)
    assert ((got - expected).abs().amax(dim=1) <= limit).all()


@pytest.mark.parametrize(("groups", "dtype"), KINDS)
@pytest.mark.parametrize("k", [1, 2, 33, 64])
def test_top_k(groups, dtype, k):
    """The answer's own logits are the greatest there are, within float32's error, in descending order."""
    head = make_head(groups, dtype, num_tokens=16)
    tokens, values = (x.cpu() for x in lm_head_int4_top_k(*on_device(head), 250, k, 0.0, False))
    logits = reference.reference(head.hidden, head.weights, head.scales, 0.0)[:, :250]
    best = logits.sort(dim=1, descending=True).values[:, :k]
    error = 1e-4 * logits.abs().amax()
    assert ((values.double() - best).abs() <= error).all()
    assert ((logits.gather(1, tokens.long()) - best).abs() <= error).all()
    assert (values.diff(dim=1) <= 0).all()
    assert all(len(set(row)) == k for row in tokens.tolist())


@pytest.mark.parametrize(("groups", "dtype"), KINDS)
def test_ties_and_keep_set(groups, dtype):
    head = make_head(groups, dtype)
    hidden, weights, scales = on_device(head)
    row_map = torch.arange(256, 0, -1, dtype=torch.int32, device="cuda")
    row_map[200:] = -1
    tokens, values = lm_head_int4_top_k(torch.zeros_like(hidden), weights, scales, 256, 3, 30.0, True, row_map)
    assert tokens.tolist() == [[57, 58, 59]] * len(hidden)
    assert not values.any()


@pytest.mark.parametrize(("groups", "dtype"), KINDS)
@pytest.mark.parametrize("k", [1, 40])
def test_same_bits(groups, dtype, k):
    """Launch by launch on one workspace, and for a row whatever the number of rows."""
    head = make_head(groups, dtype, num_tokens=16)
    hidden, weights, scales = on_device(head)
    first = lm_head_int4_top_k(hidden, weights, scales, 256, k, 30.0, False)
    for _ in range(REPETITIONS):
        again = lm_head_int4_top_k(hidden, weights, scales, 256, k, 30.0, False)
        assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    for rows in range(1, 17):
        some = lm_head_int4_top_k(hidden[:rows], weights, scales, 256, k, 30.0, False)
        assert all(torch.equal(a[:rows], b) for a, b in zip(first, some, strict=True))


def test_graph_replay():
    head = make_head("128", torch.bfloat16, num_tokens=4)
    hidden, weights, scales = on_device(head)
    lm_head_int4_top_k(hidden, weights, scales, 256, 8, 30.0, False)  # loads the module outside the capture
    stream, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
    with torch.cuda.stream(stream):
        lm_head_int4_top_k(hidden, weights, scales, 256, 8, 30.0, False)  # this stream's counter
    torch.cuda.synchronize()
    with torch.cuda.graph(graph, stream=stream):
        captured = lm_head_int4_top_k(hidden, weights, scales, 256, 8, 30.0, False)
    for factor in (1.0, -1.0, 0.5):
        hidden.copy_(factor * head.hidden.cuda())
        graph.replay()
        torch.cuda.synchronize()
        expected = lm_head_int4_top_k(hidden, weights, scales, 256, 8, 30.0, False)
        assert all(torch.equal(a, b) for a, b in zip(captured, expected, strict=True))
