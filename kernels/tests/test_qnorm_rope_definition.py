"""definition.json: workloads keep the constraints, launches keep the promises that the compiler was given."""

import pytest

from expressions import evaluate
from qnorm_rope_inputs import DEFINITION, WORKLOADS
from qnorm_rope_launch import exhibits, fits

POSITIONS = {0, 1, 511, 512, 4095, 32767, 131071}
EMBEDDINGS = {(128, 64, 64), (128, 32, 32), (256, 128, 128), (512, 64, 256)}
GEMMA_4 = {  # heads of sliding and full layers, transformers configuration_gemma4.py
    "e2b": {(8, 1, 256), (8, 1, 512)},
    "e4b": {(8, 2, 256), (8, 2, 512)},
    "12b": {(16, 8, 256), (16, 1, 512)},
    "26b-a4b": {(16, 8, 256), (16, 2, 512)},
    "31b": {(32, 16, 256), (32, 4, 512)},
}


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
def test_workload_keeps_the_constraints(workload):
    axes, positions = workload["axes"], workload["positions"]["values"]
    assert set(axes) == set(DEFINITION["axes"])
    assert all(evaluate(constraint, axes) for constraint in DEFINITION["constraints"])
    assert len(positions) == axes["num_tokens"]
    assert 0 <= min(positions) <= max(positions) < axes["max_position"]


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
def test_slots_lie_in_the_cache_and_differ(workload):
    axes = workload["axes"]
    assert ("slot_mapping" in workload) == (axes["cache_layout"] > 0)
    slots = workload.get("slot_mapping", {"values": []})["values"]
    live = [slot for slot in slots if slot != -1]
    assert len(set(live)) == len(live)
    assert all(0 <= slot < axes["num_pages"] * axes["page_size"] for slot in live)
    assert len(slots) == (axes["num_tokens"] if axes["cache_layout"] else 0)


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
@pytest.mark.parametrize("variant", DEFINITION["variants"])
def test_one_specialisation_fits(variant, workload):
    assert (
        sum(fits(specialisation, workload) for specialisation in DEFINITION["variants"][variant]["specialisations"])
        == 1
    )


def test_workloads_cover_the_cases():
    axes = [workload["axes"] for workload in WORKLOADS.values()]
    assert {(a["head_dim"], a["num_rotary_pairs"], a["pair_distance"]) for a in axes} == EMBEDDINGS
    q_only = {(a["head_dim"], a["round_intermediate"]) for a in axes if a["num_kv_heads"] == 0}
    assert q_only == {(256, 0), (512, 0), (256, 1)}
    assert {1, 2, 3, 8, 16} <= {a["num_tokens"] for a in axes}
    assert {position for w in WORKLOADS.values() for position in w["positions"]["values"]} >= POSITIONS
    assert any(a["qkv_stride"] > (a["num_qo_heads"] + 2 * a["num_kv_heads"]) * a["head_dim"] for a in axes)
    assert sum(a["max_position"] == 131072 for a in axes) == 3
    assert sum(workload.get("quick", False) for workload in WORKLOADS.values()) == 9


def test_workloads_have_the_shapes_of_gemma_4():
    axes = [workload["axes"] for workload in WORKLOADS.values()]
    assert set.union(*GEMMA_4.values()) <= {(a["num_qo_heads"], a["num_kv_heads"], a["head_dim"]) for a in axes}
    without_values = {(a["num_qo_heads"], a["num_kv_heads"], a["head_dim"]) for a in axes if a["k_eq_v"]}
    assert without_values == {(16, 1, 512), (16, 2, 512), (32, 4, 512)}  # full layers of 12B, 26B-A4B and 31B


@pytest.mark.parametrize("layout", [1, 2])
def test_caches_of_each_layout(layout):
    cached = [w for w in WORKLOADS.values() if w["axes"]["cache_layout"] == layout]
    assert {w["axes"]["head_dim"] for w in cached} == {128, 256, 512}
    assert len({w["axes"]["page_size"] for w in cached}) > 1
    assert any(-1 in w["slot_mapping"]["values"] for w in cached)


@pytest.mark.parametrize("name", ["triton", *exhibits()])
def test_divisibility_is_guaranteed(name):
    """Promised for 256-byte-aligned buffers, and for scalars that are so by a constraint, or in every workload."""
    rule = DEFINITION["variants"].get(name) or exhibits()[name]["variant"]
    buffers = {parameter["name"] for parameter in rule["parameters"] if "kind" not in parameter}
    expressions = {parameter["name"]: parameter.get("value") for parameter in rule["parameters"]}
    by_head = {"page_stride % head_dim == 0", "head_dim % 128 == 0"} <= set(DEFINITION["constraints"])
    for promised in set(rule.get("divisibleBy16", [])) - buffers:
        if expressions[promised] is None:
            assert f"{promised} % 16 == 0" in DEFINITION["constraints"] or (promised == "page_stride" and by_head)
        else:
            assert all(evaluate(expressions[promised], w["axes"]) % 16 == 0 for w in WORKLOADS.values())
