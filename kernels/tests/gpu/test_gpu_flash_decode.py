"""flash_decode on the device: operator and committed PTX against float64, the bits of a row, bits from run to run."""

import pytest
import torch

from artifact_kernels import launch, load
from decode_kernels.flash_decode.ops import flash_decode
from expressions import evaluate
from flash_decode_inputs import DEFINITION, FOLDER, WORKLOADS, make_inputs, op_arguments, scalar, violations

every_workload = pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())
REPETITIONS = 100
Q_LEN = 8
TARGETS = ("sm_80", "sm_90")


def on_device(inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Copies on the device."""
    return {name: tensor.cuda() for name, tensor in inputs.items()}


@every_workload
def test_operator(workload):
    inputs = make_inputs(workload)
    device_inputs = on_device(inputs)
    outputs = flash_decode(*op_arguments(workload, device_inputs))
    assert violations(workload, inputs, outputs) == []
    for name, tensor in inputs.items():
        torch.testing.assert_close(device_inputs[name].cpu(), tensor, rtol=0, atol=0, equal_nan=True, msg=name)


@pytest.mark.parametrize("target", TARGETS)
@every_workload
def test_artifacts(workload, target):
    inputs = make_inputs(workload)
    outputs = launch_artifacts(workload, target, on_device(inputs))
    assert violations(workload, inputs, outputs) == []


def launch_artifacts(workload: dict, target: str, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """out and lse of both stages; workspaces are NaN before."""
    axes, q = workload["axes"], inputs["q"]
    variant, name = specialisation(workload)
    buffers = {**DEFINITION["workspaces"], **DEFINITION["outputs"]}
    made = {
        key: torch.full(
            [evaluate(size, axes) for size in buffer["shape"]],
            torch.nan,
            dtype=q.dtype if buffer["dtype"] == "activation" else torch.float32,
            device="cuda",
        )
        for key, buffer in buffers.items()
    }
    known = {**axes, "scale": scalar(workload, "scale"), "softcap": scalar(workload, "softcap"), **inputs, **made}
    for stage in DEFINITION["variants"][variant]["stages"]:
        record, kernel = load(FOLDER / f"artifacts/{variant}-{stage['name']}.{name}.{target}.json")
        arguments = [
            None
            if parameter["kind"] == "null"
            else evaluate(parameter["value"], axes)
            if "value" in parameter
            else known[parameter["name"]]
            for parameter in record["parameters"]
        ]
        launch(record, kernel, axes, arguments)
    torch.cuda.synchronize()
    return made["out"], made["lse"]


def specialisation(workload: dict) -> tuple[str, str]:
    """The variant and specialisation that fit a workload."""
    dtypes = {"activation": "bfloat16", **workload.get("dtypes", {})}
    (found,) = [
        (variant, candidate["name"])
        for variant, rule in DEFINITION["variants"].items()
        for candidate in rule["specialisations"]
        if all(workload["axes"][axis] == value for axis, value in candidate["axes"].items())
        and {"activation": "bfloat16", **candidate.get("dtypes", {})} == dtypes
    ]
    return found


@pytest.mark.parametrize("head_dim", [128, 256, 512])
@pytest.mark.parametrize(("kv_len", "window"), [(132, 0), (148, 80), (1068, 520), (5, 0)])
def test_a_row_has_the_same_bits_in_every_step(head_dim, kv_len, window):
    workload = WORKLOADS["e4b-full-q8-needles"]
    axes = {**workload["axes"], "head_dim": head_dim, "max_kv_len": kv_len, "min_kv_len": kv_len, "window": window}
    axes |= {"num_pages": -(-kv_len // 16) + 1, "max_pages": -(-kv_len // 16), "split_size": 32}
    workload = {**workload, "axes": axes}
    inputs = on_device(make_inputs(workload))
    q, heads = inputs["q"], axes["num_qo_heads"]
    rows = bits(flash_decode(*op_arguments(workload, inputs)))
    for count in range(1, Q_LEN):
        last = bits(flash_decode(*op_arguments(workload, {**inputs, "q": q[-count:].contiguous()})))
        assert torch.equal(last, rows[-count * heads :])
    for token in range(max(Q_LEN - kv_len, 0), Q_LEN):
        then = {**inputs, "q": q[token : token + 1], "kv_lens": inputs["kv_lens"] - Q_LEN + token + 1}
        alone = bits(flash_decode(*op_arguments(workload, then)))
        assert torch.equal(alone, rows[token * heads : (token + 1) * heads])


def bits(outputs: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """out and lse of each row as integers, `[rows, head_dim + 1]`."""
    out, lse = outputs
    return torch.cat([out.flatten(0, 1).view(torch.int16).int(), lse.reshape(-1, 1).view(torch.int32)], dim=1)


@pytest.mark.parametrize("name", ["e4b-full-4097", "e4b-sliding-verify-window-edge", "edge-lengths"])
def test_run_to_run(name):
    workload = WORKLOADS[name]
    inputs = on_device(make_inputs(workload))
    first = bits(flash_decode(*op_arguments(workload, inputs)))
    for _ in range(REPETITIONS):
        assert torch.equal(bits(flash_decode(*op_arguments(workload, inputs))), first)


def test_a_pool_beyond_32_bits():
    """2^31 elements and more, one page of them used."""
    page_elements, dim = 2 * 16 * 8 * 128, 128
    pages = 2**31 // page_elements + 2
    if torch.cuda.mem_get_info()[0] < 3 * pages * page_elements:
        pytest.skip(f"needs {3 * pages * page_elements} bytes of device memory")
    cache = torch.full((pages, 2, 16, 8, dim), torch.nan, dtype=torch.bfloat16, device="cuda")
    cache[-1] = torch.randn(2, 16, 8, dim)
    q = torch.randn(1, 32, dim, dtype=torch.bfloat16, device="cuda")
    table = torch.tensor([[pages - 1]], dtype=torch.int32, device="cuda")
    kv_lens = torch.tensor([16], dtype=torch.int32, device="cuda")
    far = flash_decode(q, cache, table, kv_lens, 0.09, 0.0, 0, 16, 64)
    near = flash_decode(q, cache[-1:].clone(), torch.zeros_like(table), kv_lens, 0.09, 0.0, 0, 16, 64)
    assert torch.equal(far[0], near[0])
    assert torch.equal(far[1], near[1])
