"""reference.py against the bytes that reference.ts gave for the same inputs."""

import base64
import json
from pathlib import Path

import pytest
import torch

from decode_kernels.qnorm_rope import reference

FILES = sorted((Path(__file__).parent / "golden").glob("*.json"))
DTYPES = {"bf16": torch.bfloat16, "f32": torch.float32, "f64": torch.float64, "i64": torch.int64}
DTYPES |= {"bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64, "int64": torch.int64}
NAMES = ("q_out", "k_out", "v_out")


def decode(text: str, dtype: torch.dtype) -> torch.Tensor:
    """Flat tensor of little-endian bytes."""
    data = bytearray(base64.b64decode(text))
    return torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)


def load(file: Path) -> tuple[dict, tuple]:
    """The document and the arguments of reference.reference and reference.naive."""
    golden = json.loads(file.read_text())
    axes = golden["axes"]
    inputs = {name: decode(value["base64"], DTYPES[value["dtype"]]) for name, value in golden["inputs"].items()}
    qkv = inputs["qkv"].reshape(axes["num_tokens"], axes["qkv_stride"])
    tensors = (qkv, inputs["q_weight"], inputs["k_weight"], inputs["positions"])
    eps = inputs["eps"].item()
    return golden, (*tensors, eps, axes["num_qo_heads"], axes["num_kv_heads"], axes["num_rotary_pairs"])


@pytest.mark.skipif(not FILES, reason="no golden files")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_reference(file):
    golden, arguments = load(file)
    for name, got in zip(NAMES, reference.reference(*arguments), strict=True):
        expected = decode(golden["reference"][name], torch.float64).reshape(got.shape)
        scale = expected.abs().amax(-1, keepdim=True) if expected.numel() else expected
        assert ((got - expected).abs() <= 1e-12 * scale).all(), name


@pytest.mark.skipif(not FILES, reason="no golden files")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_naive(file):
    golden, arguments = load(file)
    for name, got in zip(NAMES, reference.naive(*arguments), strict=True):
        expected = decode(golden["naive"][name], torch.bfloat16).reshape(got.shape)
        assert torch.equal(got, expected), name  # every bit but the sign of zeros
