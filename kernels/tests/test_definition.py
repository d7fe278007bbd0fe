"""definition.json: workloads keep the constraints, launches keep the promises that the compiler was given."""

import pytest

from launch_rules import evaluate, exhibits
from workload_inputs import DEFINITION, WORKLOADS

POSITIONS = {0, 1, 511, 512, 4095, 32767, 131071}


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
def test_workload_keeps_the_constraints(workload):
    axes, positions = workload["axes"], workload["positions"]["values"]
    assert set(axes) == set(DEFINITION["axes"])
    assert all(evaluate(constraint, axes) for constraint in DEFINITION["constraints"])
    assert len(positions) == axes["num_tokens"]
    assert 0 <= min(positions) <= max(positions) < axes["max_position"]


def test_workloads_cover_the_cases():
    axes = [workload["axes"] for workload in WORKLOADS.values()]
    kinds = {(a["head_dim"], a["num_rotary_pairs"], a["num_kv_heads"] == 0) for a in axes}
    assert kinds == {(256, 128, False), (256, 128, True), (512, 64, False), (512, 64, True)}
    assert {1, 2, 3, 8, 16} <= {a["num_tokens"] for a in axes}
    assert {position for w in WORKLOADS.values() for position in w["positions"]["values"]} >= POSITIONS
    assert any(a["qkv_stride"] > (a["num_qo_heads"] + 2 * a["num_kv_heads"]) * a["head_dim"] for a in axes)
    assert sum(a["max_position"] == 131072 for a in axes) == 2
    assert sum(workload.get("quick", False) for workload in WORKLOADS.values()) == 4


@pytest.mark.parametrize("name", ["triton", *exhibits()])
def test_divisibility_is_guaranteed(name):
    """Promised for 256-byte-aligned buffers, and for scalars that a constraint holds to it."""
    rule = DEFINITION["variants"].get(name) or exhibits()[name]["variant"]
    buffers = {parameter["name"] for parameter in rule["parameters"] if "kind" not in parameter}
    for promised in set(rule.get("divisibleBy16", [])) - buffers:
        assert f"{promised} % 16 == 0" in DEFINITION["constraints"]
