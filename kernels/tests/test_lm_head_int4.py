"""lm_head_int4 without a device: layout, references and operators against independent arithmetic."""

import pytest
import torch

from decode_kernels.lm_head_int4 import reference
from decode_kernels.lm_head_int4.ops import lm_head_int4_logits, lm_head_int4_top_k
from lm_head_int4_inputs import SHAPES, dense_logits, make_head


def test_word_order_is_a_permutation():
    assert sorted(reference.word_order().flatten().tolist()) == list(range(1024))


@pytest.mark.parametrize("k", [0, 1, 7, 8, 15, 16, 127])
def test_one_weight_comes_back_from_its_place(k):
    """The closed form of the layout, which the kernel addresses by, for a few columns."""
    for n in (0, 1, 7, 8, 15, 16, 63, 64, 127):
        weights = torch.zeros(8, 256, dtype=torch.int32)
        lane, nibble = n % 8 * 4 + k % 8 // 2, k % 16 // 8 + 2 * (n % 16 // 8) + 4 * (k % 2)
        weights[k // 16, n // 64 * 128 + lane * 4 + n % 64 // 16] = 5 << 4 * nibble
        expected = torch.zeros(128, 128, dtype=torch.uint8)
        expected[k, n] = 5
        assert torch.equal(reference.unpack(weights), expected)


def test_scales_by_group():
    stored = torch.arange(128, dtype=torch.float16)[None]
    columns = reference.column_scales(stored, per_channel=False)[0]
    assert [columns[n].item() for n in (0, 1, 8, 63, 64)] == [0, 8, 1, 63, 64]


def test_scales_by_channel():
    stored = torch.arange(64, dtype=torch.float16)[None]
    columns = reference.column_scales(stored, per_channel=True)[0]
    assert [columns[n].item() for n in (0, 1, 2, 8, 9, 31, 33)] == [0, 1, 8, 2, 3, 31, 33]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("groups", ["32", "128", "channel"])
def test_reference_is_the_dense_product(groups, dtype):
    head = make_head(groups, dtype)
    expected = dense_logits(head)
    got = reference.reference(head.hidden, head.weights, head.scales, 0.0)
    assert ((got - expected).abs() <= 1e-12 * expected.abs().max()).all()
    capped = reference.reference(head.hidden, head.weights, head.scales, 30.0)
    assert torch.allclose(capped, 30 * torch.tanh(expected / 30), rtol=1e-12, atol=0)


@pytest.mark.parametrize("groups", ["32", "128", "channel"])
@pytest.mark.parametrize("rounds", [False, True])
def test_top_k_orders_the_logits(groups, rounds):
    head = make_head(groups, torch.bfloat16)
    tokens, values = lm_head_int4_top_k(head.hidden, head.weights, head.scales, 250, 9, 30.0, rounds)
    logits = lm_head_int4_logits(head.hidden, head.weights, head.scales, 250, 30.0, rounds)
    assert logits.shape == (SHAPES["num_tokens"], 250)
    assert torch.equal(logits.gather(1, tokens.long()), values.to(torch.bfloat16))
    assert (values.diff(dim=1) <= 0).all()
    assert torch.equal(values[:, 0].to(torch.bfloat16), logits.amax(dim=1))


def test_ties_go_to_the_lowest_id():
    head = make_head("128", torch.bfloat16)
    zero = torch.zeros_like(head.hidden)
    tokens, values = lm_head_int4_top_k(zero, head.weights, head.scales, 256, 3, 0.0, False)
    assert tokens.tolist() == [[0, 1, 2]] * len(zero)
    assert not values.any()
    row_map = torch.arange(256, 0, -1, dtype=torch.int32)
    row_map[200:] = -1
    tokens, _ = lm_head_int4_top_k(zero, head.weights, head.scales, 256, 2, 0.0, False, row_map)
    assert tokens.tolist() == [[57, 58]] * len(zero)


def test_places_run_out():
    head = make_head("32", torch.float16)
    tokens, values = lm_head_int4_top_k(head.hidden, head.weights, head.scales, 2, 4, 0.0, False)
    assert (tokens[:, 2:] == -1).all()
    assert (values[:, 2:] == -torch.inf).all()
    assert (tokens[:, :2].sort(dim=1).values == torch.tensor([0, 1])).all()


def test_nan_is_greatest():
    head = make_head("128", torch.bfloat16)
    head.hidden[0, 3] = torch.nan
    tokens, values = lm_head_int4_top_k(head.hidden, head.weights, head.scales, 256, 1, 0.0, False)
    assert tokens[0] == 0
    assert values[0].isnan()
    assert not values[1:].isnan().any()


@pytest.mark.parametrize("row_map", [None, torch.arange(256, dtype=torch.int32)])
def test_registration(row_map):
    head = make_head("128", torch.bfloat16)
    torch.library.opcheck(lm_head_int4_top_k, (head.hidden, head.weights, head.scales, 256, 4, 30.0, True, row_map))
    torch.library.opcheck(lm_head_int4_logits, (head.hidden, head.weights, head.scales, 256, 30.0, False))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"hidden": torch.zeros(17, 256, dtype=torch.bfloat16)}, ValueError),
        ({"hidden": torch.zeros(0, 256, dtype=torch.bfloat16)}, ValueError),
        ({"hidden": torch.zeros(1, 256)}, TypeError),
        ({"hidden": torch.zeros(1, 256, dtype=torch.float16)}, TypeError),
        ({"weights": torch.zeros(16, 512)}, TypeError),
        ({"weights": torch.zeros(16, 500, dtype=torch.int32)}, ValueError),
        ({"weights": torch.zeros(8, 512, dtype=torch.int32)}, ValueError),
        ({"scales": torch.zeros(4, 256, dtype=torch.bfloat16)}, ValueError),
        ({"scales": torch.zeros(2, 128, dtype=torch.bfloat16)}, ValueError),
        ({"vocab_size": 257}, ValueError),
        ({"vocab_size": 0}, ValueError),
        ({"k": 65}, ValueError),
        ({"k": 0}, ValueError),
        ({"softcap": -1.0}, ValueError),
        ({"row_map": torch.zeros(255, dtype=torch.int32)}, ValueError),
    ],
)
def test_refusals(change, error):
    head = make_head("128", torch.bfloat16)
    arguments = {"hidden": head.hidden, "weights": head.weights, "scales": head.scales, "vocab_size": 256, "k": 4}
    with pytest.raises(error):
        lm_head_int4_top_k(**{**arguments, "softcap": 30.0, "round_logits": False, **change})
