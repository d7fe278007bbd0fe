"""definition.json and exhibits of lm_head_int4: constraints, coverage, one fault a pair, what ops.py launches."""

import difflib
import json
from pathlib import Path

import pytest

from decode_kernels.lm_head_int4 import cuda_module, reference

FOLDER = Path(reference.__file__).parent
DEFINITION = json.loads((FOLDER / "definition.json").read_text())
WORKLOADS = {workload["id"]: workload for workload in DEFINITION["workloads"]}
EXHIBITS = {path.parent.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("exhibits/*/exhibit.json"))}

HEADS = {(262144, k) for k in (1536, 2560, 2816, 3840, 5376)}  # Gemma 4
HEADS |= {(151936, k) for k in (1024, 2048, 2560, 4096, 5120)}  # Qwen3
HEADS |= {(128256, k) for k in (2048, 4096, 8192)}  # Llama 3


# In the order in which cuda_module.run passes them.
BUFFERS = ["weights", "scales", "hidden", "row_map", "logits", "tokens", "values", "partials", "counter"]
SCALARS = ["num_tokens", "hidden_size", "num_columns", "vocab_size", "k", "softcap", "round_logits"]


def value(expression: str, axes: dict[str, int]) -> int:
    """An expression of the definition, which Python reads too; integers divide as in CEL."""
    return eval(expression.replace("/", "//"), {"__builtins__": {}}, axes)


def scales_of(axes: dict[str, int]) -> str:
    """As specialisations are named."""
    return "channel" if axes["per_channel"] else f"g{axes['group_size']}"


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
def test_workload_keeps_the_constraints(workload):
    assert set(workload["axes"]) == set(DEFINITION["axes"])
    assert [rule for rule in DEFINITION["constraints"] if not value(rule, workload["axes"])] == []


@pytest.mark.parametrize(
    "change",
    [
        {"num_tokens": 17},
        {"hidden_size": 576, "group_size": 576, "num_groups": 1, "per_channel": 1},
        {"num_columns": 1000, "vocab_size": 1000},
        {"vocab_size": 1025},
        {"num_groups": 2},
        {"group_size": 512, "num_groups": 1},
        {"epilogue": 1, "k": 2},
        {"k": 65, "epilogue": 2},
        {"epilogue": 0, "has_row_map": 1},
        {"num_ctas": 0},
    ],
    ids=str,
)
def test_constraints_refuse(change):
    axes = {**WORKLOADS["argmax-rows-1"]["axes"], **change}
    assert any(not value(rule, axes) for rule in DEFINITION["constraints"])


def test_workloads_cover_the_cases():
    axes = [workload["axes"] for workload in WORKLOADS.values()]
    kinds = {
        (a["epilogue"], scales_of(a), w.get("dtypes", {}).get("activation", "bfloat16"))
        for a, w in zip(axes, WORKLOADS.values(), strict=True)
    }
    cuda = DEFINITION["variants"]["cuda"]["specialisations"]
    wanted = {(s["axes"]["epilogue"], scales_of(s["axes"]), s["dtypes"]["activation"]) for s in cuda}
    assert kinds == wanted
    assert {a["num_tokens"] for a in axes} == set(range(1, 17))
    assert {
        (a["num_columns"], a["hidden_size"]) for a, w in zip(axes, WORKLOADS.values(), strict=True) if w.get("full")
    } == HEADS
    assert {w.get("launches", 1) for w in WORKLOADS.values()} == {1, 2, 3}


@pytest.mark.parametrize("epilogue", cuda_module.EPILOGUES)
@pytest.mark.parametrize("scales", ["g32", "g128", "channel"])
def test_shared_bytes_are_the_definition_s(epilogue, scales):
    group_size, per_channel = {"g32": (32, 0), "g128": (128, 0), "channel": (2560, 1)}[scales]
    axes = {"epilogue": cuda_module.EPILOGUES[epilogue], "group_size": group_size, "per_channel": per_channel}
    rule = DEFINITION["variants"]["cuda"]["launch"]
    assert cuda_module.shared_bytes(epilogue, scales) == value(rule["sharedBytes"], axes) <= 99 * 1024
    assert rule["block"] == [str(cuda_module.THREADS), "1", "1"]


@pytest.mark.parametrize("capability", ["sm_80", "sm_90"])
def test_every_kernel_that_the_operators_load_is_there(capability):
    for epilogue in cuda_module.EPILOGUES:
        for scales in ("g32", "g128", "channel"):
            for dtype in cuda_module.DTYPES.values():
                record = json.loads(
                    (FOLDER / f"artifacts/cuda.{epilogue}-{scales}-{dtype}.{capability}.json").read_text()
                )
                assert record["entry"] == "lm_head_int4"
                assert record["resources"]["spillStoreBytes"] == record["resources"]["stackBytes"] == 0
                assert record["resources"]["registers"] <= 128  # two CTAs of 256 threads to an SM
                names = [parameter["name"] for parameter in record["parameters"]]
                assert names == [*BUFFERS, *SCALARS]


@pytest.mark.parametrize("name", EXHIBITS)
def test_exhibits_are_one_line_apart_and_fit_their_workload(name):
    broken, twin = ((FOLDER / f"exhibits/{name}/{side}.cu").read_text().splitlines() for side in ("broken", "twin"))
    diff = [line[0] for line in difflib.ndiff(broken, twin) if line[0] in "+-"]
    assert diff == ["-", "+"]
    exhibit = EXHIBITS[name]
    (specialisation,) = exhibit["variant"]["specialisations"]
    axes = WORKLOADS[exhibit["workload"]]["axes"]
    assert all(axes[axis] == value for axis, value in specialisation["axes"].items())
    assert axes["num_tokens"] <= 8
    assert WORKLOADS[exhibit["workload"]]["softcap"]["values"] == [0.0]
    assert exhibit["name"] == name
