"""flash_decode's reference.py against torch's own attention, and the rule against faults."""

import pytest
import torch

from decode_kernels.flash_decode import reference
from flash_decode_inputs import WORKLOADS, make_inputs, model_arguments, scalar, violations

every_workload = pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
SMALL = {name: w for name, w in WORKLOADS.items() if w["axes"]["max_kv_len"] <= 300}


@every_workload
def test_run_keeps_the_rule(workload):
    inputs = make_inputs(workload)
    assert violations(workload, inputs, reference.run(*model_arguments(workload, inputs))) == []


@pytest.mark.parametrize("workload", SMALL.values(), ids=SMALL.keys())
def test_reference_is_scaled_dot_product_attention(workload):
    """torch's attention on each sequence laid out whole, with the mask written out key by key."""
    inputs, axes = make_inputs(workload), workload["axes"]
    if axes["has_softcap"]:
        pytest.skip("scaled_dot_product_attention has no softcap")
    out, lse = reference.reference(*model_arguments(workload, inputs))
    q_len, group = axes["q_len"], axes["num_qo_heads"] // axes["num_kv_heads"]
    scale = torch.tensor(scalar(workload, "scale")).double()
    for sequence, kv_len in enumerate(inputs["kv_lens"].tolist()):
        for token in range(q_len):
            row = sequence * q_len + token
            position = kv_len - q_len + token
            seen = [key for key in range(position + 1) if not axes["window"] or key > position - axes["window"]]
            if not seen:
                assert not out[row].any()
                assert (lse[row] == -torch.inf).all()
                continue
            tokens = [token_of(inputs, axes, sequence, key) for key in seen]
            keys, values = (torch.stack(parts, dim=1).double() for parts in zip(*tokens, strict=True))
            keys, values = keys.repeat_interleave(group, 0), values.repeat_interleave(group, 0)
            query = inputs["q"][row].double()[:, None]
            expected = torch.nn.functional.scaled_dot_product_attention(query, keys, values, scale=scale.item())
            torch.testing.assert_close(out[row], expected[:, 0], rtol=1e-11, atol=1e-12)
            scores = (query @ keys.mT)[:, 0] * scale
            torch.testing.assert_close(lse[row], scores.logsumexp(-1), rtol=1e-11, atol=1e-12)


def token_of(inputs: dict, axes: dict, sequence: int, key: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Key and value `[num_kv_heads, head_dim]` of one token."""
    page = inputs["kv_cache"][inputs["block_table"][sequence, key // axes["page_size"]]]
    slot = key % axes["page_size"]
    return page[:, slot].chunk(2, -1) if axes["cache_layout"] == 1 else (page[0, slot], page[1, slot])


@pytest.mark.parametrize(
    "change", [{"window": 1}, {"scale": 1.01}, {"kv_lens": -1}], ids=["window", "scale", "one key less"]
)
def test_the_rule_finds(change):
    workload = WORKLOADS["e4b-sliding-511"]
    inputs = make_inputs(workload)
    tensors = [*inputs.values()]
    if "kv_lens" in change:
        tensors[3] = tensors[3] + change["kv_lens"]
    outputs = reference.run(*tensors, change.get("scale", 1.0), 0.0, change.get("window", 512))
    assert violations(workload, inputs, outputs) != []


def test_the_rule_wants_minus_infinity_where_there_is_no_key():
    workload = next(w for w in WORKLOADS.values() if 0 in w.get("kv_lens", {}).get("values", []))
    inputs = make_inputs(workload)
    out, lse = reference.run(*model_arguments(workload, inputs))
    assert violations(workload, inputs, (out, lse)) == []
    assert lse.isneginf().any()
    assert violations(workload, inputs, (out, lse.nan_to_num(neginf=-1e30))) != []
