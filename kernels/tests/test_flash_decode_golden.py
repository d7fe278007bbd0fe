"""flash_decode's reference.py against the bytes that reference.ts gave for the same inputs."""

import json
from pathlib import Path

import pytest
import torch

from decode_kernels.flash_decode import reference
from golden_bytes import decode

FILES = sorted((Path(__file__).parent / "golden").glob("flash_decode.*.json"))
DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32, "int32": torch.int32}


def load(file: Path) -> tuple[dict, tuple]:
    """The document and the arguments of reference.reference and reference.naive."""
    golden = json.loads(file.read_text())
    axes = golden["axes"]
    inputs = {name: decode(value["base64"], DTYPES[value["dtype"]]) for name, value in golden["inputs"].items()}
    heads, dim, page_size = axes["num_kv_heads"], axes["head_dim"], axes["page_size"]
    shape = (heads, page_size, 2 * dim) if axes["cache_layout"] == 1 else (2, page_size, heads, dim)
    q = inputs["q"].reshape(-1, axes["num_qo_heads"], dim)
    table = inputs["block_table"].reshape(axes["batch_size"], -1)
    tensors = (q, inputs["kv_cache"].reshape(-1, *shape), table, inputs["kv_lens"])
    softcap = inputs["softcap"].item() if axes["has_softcap"] else 0.0
    return golden, (*tensors, inputs["scale"].item(), softcap, axes["window"])


def test_there_are_files():
    assert [file.name for file in FILES] == [
        "flash_decode.short-sequences.json",
        "flash_decode.short-steps-window.json",
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_reference(file):
    golden, arguments = load(file)
    for name, got in zip(("out", "lse"), reference.reference(*arguments), strict=True):
        expected = decode(golden["reference"][name], torch.float64).reshape(got.shape)
        torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_naive(file):
    """The same bits but for float64 sums in another order, which flip a rounding now and then."""
    golden, arguments = load(file)
    for name, dtype, got in zip(
        ("out", "lse"), (torch.bfloat16, torch.float32), reference.naive(*arguments), strict=True
    ):
        expected = decode(golden["naive"][name], dtype).reshape(got.shape)
        assert (got != expected).double().mean() <= 1e-3
        torch.testing.assert_close(got.double(), expected.double(), rtol=2**-7, atol=1e-30)
