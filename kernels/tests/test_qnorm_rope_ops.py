"""The operator without a device: values, caches as views, shapes for tracing, refusals."""

import pytest
import torch

from decode_kernels.qnorm_rope.ops import qnorm_rope
from qnorm_rope_inputs import WORKLOADS, cache_view, make_inputs, op_arguments
from qnorm_rope_tolerance import strange_bits, violations

NAMES = ["qkv", "q_weight", "k_weight", "cos_sin", "positions", "kv_cache", "slot_mapping"]


def run(workload: dict, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Outputs by the names of definition.json; the cache of the inputs is written."""
    q_out, k_out, v_out = torch.ops.decode_kernels.qnorm_rope(*op_arguments(workload, inputs))
    if "kv_cache" not in inputs:
        return {"q_out": q_out, "k_out": k_out, "v_out": v_out}
    assert k_out.shape == v_out.shape == (len(q_out), 0, q_out.shape[-1])
    return {"q_out": q_out, "kv_cache": inputs["kv_cache"]}


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
def test_cpu(workload):
    inputs = make_inputs(workload)
    before = {key: tensor.clone() for key, tensor in inputs.items()}
    outputs = run(workload, inputs)
    assert violations(workload, before, outputs) == []
    if workload["axes"]["round_intermediate"]:
        assert strange_bits(workload, before, outputs) == []
    for key in set(inputs) - {"kv_cache"}:
        torch.testing.assert_close(inputs[key], before[key], rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", ["sliding-t1", "full-q-only-t2", "sliding-cache-nhd-t4", "sliding-cache-hnd-t4"])
def test_registration(name):
    workload = WORKLOADS[name]
    torch.library.opcheck(qnorm_rope, op_arguments(workload, make_inputs(workload)))


@pytest.mark.parametrize("name", ["sliding-t2-window-edge"])
def test_strided_rows(name):
    workload = WORKLOADS[name]
    inputs = make_inputs(workload)
    wide = torch.full((2, 2 * workload["axes"]["qkv_stride"]), torch.nan, dtype=torch.bfloat16)
    view = wide[:, : workload["axes"]["qkv_stride"]]
    view.copy_(inputs["qkv"])
    assert violations(workload, inputs, run(workload, {**inputs, "qkv": view})) == []


def test_packed_cache_in_the_other_stride_order():
    """A packed cache whose tokens lie before its heads in memory gets the same values."""
    workload = WORKLOADS["sliding-cache-hnd-t4"]
    inputs = make_inputs(workload)
    arguments = list(op_arguments(workload, inputs))
    place = NAMES.index("kv_cache")
    reordered = arguments[place].transpose(1, 2).contiguous().transpose(1, 2)
    assert reordered.stride() != arguments[place].stride()
    qnorm_rope(*arguments[:place], reordered, *arguments[place + 1 :])
    qnorm_rope(*arguments)
    assert torch.equal(reordered, cache_view(inputs["kv_cache"], workload["axes"]))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"qkv": torch.zeros(4, 3072)}, TypeError, "all bfloat16 or all float16"),
        ({"q_weight": torch.zeros(256, dtype=torch.float16)}, TypeError, "all bfloat16 or all float16"),
        ({"positions": torch.zeros(4, dtype=torch.int32)}, TypeError, "allowed are float32 and int64"),
        ({"qkv": torch.zeros(4, 3071, dtype=torch.bfloat16)}, ValueError, "rows of 3072 elements"),
        ({"k_weight": torch.zeros(128, dtype=torch.bfloat16)}, ValueError, "a power of two from 128"),
        ({"positions": torch.zeros(3, dtype=torch.int64)}, ValueError, "for 4 rows"),
        ({"cos_sin": torch.zeros(512, 258)}, ValueError, "an even width from 2 to 256"),
        ({"slot_mapping": None}, ValueError, "given together"),
        ({"kv_cache": None}, ValueError, "given together"),
        ({"slot_mapping": torch.zeros(5, dtype=torch.int64)}, ValueError, "for 4 rows"),
        ({"slot_mapping": torch.zeros(4, dtype=torch.int32)}, TypeError, "allowed are torch.bfloat16 and int64"),
        ({"kv_cache": torch.zeros(8, 2, 16, 2, 256)}, TypeError, "allowed are torch.bfloat16 and int64"),
        ({"kv_cache": torch.zeros(8, 16, 2, 512, dtype=torch.bfloat16)}, ValueError, "allowed are"),
        ({"kv_cache": torch.zeros(8, 2, 16, 3, 256, dtype=torch.bfloat16)}, ValueError, "allowed are"),
        ({"kv_cache": torch.zeros(1, dtype=torch.bfloat16).expand(2**27, 2, 16, 2, 256)}, ValueError, "allowed are"),
        ({"pair_distance": 96}, ValueError, "divided by a power of two"),
        ({"round_intermediate": 3}, ValueError, "0, 1 and 2 are allowed"),
    ],
)
def test_refusals(change, error, message):
    workload = WORKLOADS["sliding-cache-nhd-t4"]
    arguments = list(op_arguments(workload, make_inputs(workload)))
    names = [*NAMES, "eps", "num_qo_heads", "num_kv_heads", "pair_distance", "round_intermediate", "v_norm", "k_eq_v"]
    for name, value in change.items():
        arguments[names.index(name)] = value
    with pytest.raises(error, match=message):
        qnorm_rope(*arguments)


def test_more_slots_than_the_kernels_count_are_refused():
    workload = WORKLOADS["sliding-cache-nhd-t4"]
    arguments = list(op_arguments(workload, make_inputs(workload)))
    pool = torch.empty(256, dtype=torch.bfloat16).as_strided((2**27, 2, 16, 2, 256), (0, 0, 0, 0, 1))
    with pytest.raises(ValueError, match="2147483648 slots; at most 2147483647"):
        qnorm_rope(*arguments[:5], pool, *arguments[6:])
