"""reference.py against the bytes that reference.ts gave for the same inputs."""

import json
from pathlib import Path

import pytest
import torch

from decode_kernels.qnorm_rope import reference
from golden_bytes import decode
from qnorm_rope_inputs import layer_of, rotation
from qnorm_rope_tolerance import expected

FILES = sorted((Path(__file__).parent / "golden").glob("qnorm_rope.*.json"))


def load(file: Path) -> tuple[dict, dict[str, torch.Tensor], tuple]:
    """The document, its inputs and the arguments of reference.reference and reference.naive."""
    golden = json.loads(file.read_text())
    axes = golden["axes"]
    inputs = {name: decode(value["base64"], getattr(torch, value["dtype"])) for name, value in golden["inputs"].items()}
    inputs["qkv"] = inputs["qkv"].reshape(axes["num_tokens"], axes["qkv_stride"])
    if "kv_cache" in inputs:
        inputs["kv_cache"] = inputs["kv_cache"].reshape(axes["num_pages"], -1, axes["head_dim"])
    angle = reference.angles(inputs["positions"], *rotation(axes))
    tensors = (inputs["qkv"], inputs["q_weight"], inputs["k_weight"], angle)
    return golden, inputs, (*tensors, inputs["eps"].item(), layer_of(axes))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_reference(file):
    golden, inputs, arguments = load(file)
    outputs = expected(inputs, golden["axes"], reference.reference(*arguments))
    assert set(outputs) == set(golden["reference"])
    for name, got in outputs.items():
        wanted = decode(golden["reference"][name], torch.float64).reshape(got.shape)
        scale = wanted.abs().amax(-1, keepdim=True) if wanted.numel() else wanted
        assert ((got - wanted).abs() <= 1e-12 * scale).all(), name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_naive(file):
    golden, inputs, arguments = load(file)
    outputs = expected(inputs, golden["axes"], reference.naive(*arguments))
    assert set(outputs) == set(golden["naive"])
    for name, got in outputs.items():
        wanted = decode(golden["naive"][name], got.dtype).reshape(got.shape)
        assert torch.equal(got.view(torch.int16), wanted.view(torch.int16)), name


def test_there_are_golden_files():
    names = {file.stem.split(".")[1] for file in FILES}
    assert names >= {"sliding-t1", "sliding-cache-odd-page-t5", "sliding-fp16-round-t2"}
