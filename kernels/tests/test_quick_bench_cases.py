"""The cases of bench/: bytes by hand, buffers of their own for each copy, and checks that see each kind of fault."""

from collections import Counter
from itertools import pairwise

import pytest
import torch

from bench import cases, flash_decode_cases, lm_head_int4_cases, marlin_layout, qnorm_rope_cases
from bench.vector_errors import beyond
from decode_kernels.lm_head_int4 import reference as head_reference

SMS, L2 = 132, 50 * 2**20
ALL = {f"{case.op} {case.name} {case.l2}": case for case in cases.selected(None, "", SMS)}
SMALL = {
    "qnorm_rope": qnorm_rope_cases.case("small", qnorm_rope_cases.Shape(3, 2, 128, 32, 64, 10_000), True),
    "qnorm_rope q-only": qnorm_rope_cases.case("small", qnorm_rope_cases.Shape(2, 0, 128, 64, 64, 10_000), True),
    "flash_decode": flash_decode_cases.case("small", flash_decode_cases.Shape(2, 150, 128, 0, 64)),
    "flash_decode window": flash_decode_cases.case("small", flash_decode_cases.Shape(2, 150, 128, 40, 64)),
    "logits": lm_head_int4_cases.case("small", lm_head_int4_cases.Shape(3, 0, 128, 256, 512)),
    "logits channel": lm_head_int4_cases.case("small", lm_head_int4_cases.Shape(3, 0, 0, 256, 512)),
    "argmax": lm_head_int4_cases.case("small", lm_head_int4_cases.Shape(3, 1, 128, 256, 512)),
    "top 8 channel": lm_head_int4_cases.case("small", lm_head_int4_cases.Shape(3, 8, 0, 256, 512)),
}
FLOORS = {  # by hand
    "qnorm_rope sliding t1 warm": 2 * 12 * 256 * 2 + 256 * 4 + 16 + 2 * 256 * 2,
    "qnorm_rope full t16 rotated": 16 * (2 * 12 * 512 * 2 + 128 * 4 + 16) + 2 * 512 * 2,
    "qnorm_rope full q-only t1 warm": 2 * 8 * 512 * 2 + 128 * 4 + 8 + 512 * 2,
    "flash_decode window512 kv8192 b1 rotated": 512 * 2048 + 4 * 33 + 8 * (2 * 256 * 2 + 4),
    "flash_decode full kv8192 b1 rotated": 8192 * 4096 + 4 * 513 + 8 * (2 * 512 * 2 + 4),
    "flash_decode full kv131072 b16 rotated": 16 * (131072 * 4096 + 4 * 8193 + 8 * (2 * 512 * 2 + 4)),
    "lm_head_int4 argmax g128 m1 rotated": 335_544_320 + 10_485_760 + 5120 + 8,
    "lm_head_int4 argmax channel m16 rotated": 335_544_320 + 524_288 + 16 * (5120 + 8),
    "lm_head_int4 logits g128 m16 rotated": 335_544_320 + 10_485_760 + 16 * (5120 + 524_288),
    "lm_head_int4 top64 channel m1 rotated": 335_544_320 + 524_288 + 5120 + 64 * 8,
}


@pytest.mark.parametrize("name", FLOORS)
def test_floor(name):
    assert ALL[name].floor_bytes == FLOORS[name]


def test_every_shape_is_there():
    counts = Counter(case.op for case in ALL.values())
    assert set(counts) == set(cases.OPS)
    for tokens in (1, 4, 8, 16):
        for layer in ("sliding", "full"):
            assert {f"qnorm_rope {layer} t{tokens} {l2}" for l2 in ("warm", "rotated")} <= set(ALL)
        for kv in ("window512 kv8192", "full kv8192", "full kv32768", "full kv131072"):
            assert f"flash_decode {kv} b{tokens} rotated" in ALL
        for scales in ("g128", "channel"):
            assert f"lm_head_int4 argmax {scales} m{tokens} rotated" in ALL
    assert not [name for name, case in ALL.items() if not case.rotated and case.op != "qnorm_rope"]


@pytest.mark.parametrize("name", ALL)
def test_rotated_copies_exceed_the_l2(name):
    case = ALL[name]
    copies = case.copies(L2)
    assert (copies == 1) != case.rotated
    assert not case.rotated or (copies - 1) * case.touched_bytes >= 3 * L2
    assert case.touched_bytes <= case.floor_bytes
    assert case.touched_bytes <= case.stored_bytes + case.axes.get("num_tokens", 0) * 8 * 128
    assert case.memory_bytes(copies) >= copies * case.stored_bytes


def test_selection():
    assert {case.op for case in cases.selected("lm_head_int4", "", SMS)} == {"lm_head_int4"}
    assert [case.name for case in cases.selected(None, "full kv32768 b4", SMS)] == ["full kv32768 b4"]
    assert {case.l2 for case in cases.selected(None, "warm", SMS)} == {"warm"}
    assert cases.selected("flash_decode", "logits", SMS) == []


def tensors_of(call) -> list[torch.Tensor]:
    """Arguments that a device reads, in order."""
    return [argument for argument in call.args if isinstance(argument, torch.Tensor)]


@pytest.mark.parametrize("name", SMALL)
def test_copies_have_their_own_buffers(name):
    """Bytes that are counted as touched are not shared; and Triton sees one alignment, so that it compiles once."""
    case, count = SMALL[name], 3
    calls = case.prepare(count, "cpu").calls
    assert len(calls) == count
    spans = [{(t.data_ptr(), t.data_ptr() + t.numel() * t.element_size()) for t in tensors_of(call)} for call in calls]
    shared = set.intersection(*spans)
    own = [sorted(span - shared) for span in spans]
    flat = sorted(edge for span in own for edge in span)
    assert all(first[1] <= second[0] for first, second in pairwise(flat))
    assert all(start % 16 == 0 for span in spans for start, _ in span)
    assert sum(end - start for start, end in own[0]) >= case.touched_bytes - case.axes.get("num_tokens", 0) * 8 * 128


@pytest.mark.parametrize("name", SMALL)
def test_operator_on_the_cpu_is_right(name):
    prepared = SMALL[name].prepare(2, "cpu")
    assert prepared.faults([call() for call in prepared.calls][-1]) == []


@pytest.mark.parametrize("name", SMALL)
def test_outputs_of_another_copy_are_wrong(name):
    """So it is the last call of the timed graph whose outputs are looked at."""
    prepared = SMALL[name].prepare(2, "cpu")
    prepared.calls[1]()
    assert prepared.faults(prepared.calls[0]()) != []


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("value", [torch.nan, 0.0])
def test_a_wrong_value_is_seen(name, value):
    """One element of each output in turn."""
    prepared = SMALL[name].prepare(1, "cpu")
    outputs = prepared.calls[0]()
    every = [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)
    written = [tensor for tensor in every if tensor.numel() > 0 and tensor.is_floating_point()]
    assert written
    for tensor in written:
        place = tensor.flatten().abs().argmax()
        before = tensor.flatten()[place].clone()
        tensor.view(-1)[place] = value
        assert prepared.faults(outputs) != []
        tensor.view(-1)[place] = before
        assert prepared.faults(outputs) == []


@pytest.mark.parametrize("name", SMALL)
def test_every_vector_is_looked_at(name):
    prepared = SMALL[name].prepare(1, "cpu")
    outputs = prepared.calls[0]()
    for tensor in [outputs] if isinstance(outputs, torch.Tensor) else outputs:
        for vector in tensor.reshape(-1, tensor.shape[-1]) if tensor.is_floating_point() else []:
            before = vector[-1].clone()
            vector[-1] = torch.nan
            assert prepared.faults(outputs) != []
            vector[-1] = before


def test_a_wrong_cache_is_seen():
    prepared = SMALL["qnorm_rope"].prepare(1, "cpu")
    outputs, cache = prepared.calls[0](), prepared.calls[0].args[5]
    for place, fault in (((1, 0, -1), "k in"), ((1, 1, -1), "v in"), ((1, 0, 0), "other tokens")):
        before = cache[place].clone()
        cache[place] = before + 1
        assert [line for line in prepared.faults(outputs) if fault in line]
        cache[place] = before
    assert prepared.faults(outputs) == []


def test_wrong_tokens_are_seen():
    prepared = SMALL["top 8 channel"].prepare(1, "cpu")
    tokens, values = prepared.calls[0]()
    for column, token in ((0, -1), (3, 512), (2, int(tokens[1, 3])), (4, (int(tokens[1, 4]) + 1) % 512)):
        wrong = tokens.clone()
        wrong[1, column] = token
        assert prepared.faults((wrong, values)) != []
    swapped = values.clone()
    swapped[0, [2, 3]] = values[0, [3, 2]]
    assert prepared.faults((tokens, swapped)) != []
    twice = tokens[:, [0, 0, 2, 3, 4, 5, 6, 7]]
    assert "tokens: an id twice" in prepared.faults((twice, values))


def test_equal_values_in_the_wrong_order(monkeypatch):
    exact = torch.tensor([[4.0, 5.0, 4.0, 1.0]], dtype=torch.float64)
    monkeypatch.setattr(lm_head_int4_cases, "exact_logits", lambda *head: exact)
    tokens, values = torch.tensor([[1, 0, 2]]), torch.tensor([[5.0, 4.0, 4.0]])
    assert lm_head_int4_cases.wrong_places(exact, exact, exact, (tokens, values)) == []
    values[0, 2] += 2e-4  # within the rule
    assert lm_head_int4_cases.wrong_places(exact, exact, exact, (tokens, values)) == ["values: not in descending order"]


def test_beyond():
    rule = {"atol": 0.5, "rtol": 0.25}
    exact = torch.tensor([4.0, 4.0, torch.inf, -torch.inf, 1.0], dtype=torch.float64)
    assert beyond("x", torch.tensor([5.5, 2.5, torch.inf, -torch.inf, 1.0]), exact, rule) == []
    got = torch.tensor([5.6, 4.0, -torch.inf, torch.nan, torch.nan])
    assert beyond("x", got, exact, rule) == ["x: 4 of 5 values are off"]


@pytest.mark.parametrize("num_groups", [1, 2, 8])
def test_marlin_layout(num_groups):
    generator = torch.Generator().manual_seed(3)
    words = torch.randint(-(2**31), 2**31, (16, 2 * 192), dtype=torch.int32, generator=generator)
    scales = torch.randn(num_groups, 192, generator=generator)
    assert torch.equal(marlin_layout.codes(words), head_reference.unpack(words))
    assert torch.equal(marlin_layout.column_scales(scales), head_reference.column_scales(scales, num_groups == 1))


@pytest.mark.parametrize("group_size", [0, 128])
def test_sums_by_chunks(group_size, monkeypatch):
    call = lm_head_int4_cases.prepare(lm_head_int4_cases.Shape(3, 0, group_size, 256, 512), 1, "cpu").calls[0]
    monkeypatch.setattr(lm_head_int4_cases, "CHUNK", 192)
    exact = lm_head_int4_cases.exact_logits(*call.args[:3])
    assert torch.allclose(exact, head_reference.reference(*call.args[:3], lm_head_int4_cases.SOFTCAP), rtol=1e-12)
