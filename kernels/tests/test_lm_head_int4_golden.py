"""reference.py of lm_head_int4 against the bytes that reference.ts gave for the same packed head."""

import json
from pathlib import Path

import pytest
import torch

from decode_kernels.lm_head_int4 import reference
from golden_bytes import decode

FILES = sorted((Path(__file__).parent / "golden").glob("lm_head_int4.*.json"))
DTYPES = {name: getattr(torch, name) for name in ("bfloat16", "float16", "float32", "float64", "int32")}


def load(file: Path) -> tuple[dict, dict[str, torch.Tensor]]:
    """The document and its inputs in their shapes."""
    golden = json.loads(file.read_text())
    axes = golden["axes"]
    inputs = {name: decode(value["base64"], DTYPES[value["dtype"]]) for name, value in golden["inputs"].items()}
    shapes = {
        "hidden": (axes["num_tokens"], axes["hidden_size"]),
        "weights": (axes["hidden_size"] // 16, 2 * axes["num_columns"]),
        "scales": (axes["num_groups"], axes["num_columns"]),
    }
    return golden, {name: x.reshape(shapes.get(name, x.shape)) for name, x in inputs.items()}


def of_epilogue(*epilogues: int) -> list:
    """The files of those epilogues."""
    files = [file for file in FILES if json.loads(file.read_text())["axes"]["epilogue"] in epilogues]
    return [pytest.param(file, id=file.stem) for file in files]


def test_there_are_files_of_every_epilogue():
    assert all(of_epilogue(epilogue) for epilogue in (0, 1, 2))


@pytest.mark.parametrize("file", of_epilogue(0))
def test_logits(file):
    golden, inputs = load(file)
    arguments = (inputs["hidden"], inputs["weights"], inputs["scales"], inputs["softcap"].item())
    vocab_size = golden["axes"]["vocab_size"]
    expected = decode(golden["reference"]["logits"], torch.float64).reshape(-1, vocab_size)
    got = reference.reference(*arguments)[:, :vocab_size]
    assert ((got - expected).abs() <= 1e-12 * expected.abs().amax()).all()
    naive = decode(golden["naive"]["logits"], inputs["hidden"].dtype).reshape(-1, vocab_size)
    error = (reference.naive(*arguments)[:, :vocab_size].double() - expected).abs().amax()
    assert error <= 2 * (naive.double() - expected).abs().amax()  # float32 sums in another order may round elsewhere


@pytest.mark.parametrize("file", of_epilogue(1, 2))
def test_ranking(file):
    golden, inputs = load(file)
    axes = golden["axes"]
    tokens, values = reference.top_k(
        inputs["hidden"],
        inputs["weights"],
        inputs["scales"],
        axes["vocab_size"],
        axes["k"],
        inputs["softcap"].item(),
        axes["round_logits"] == 1,
        inputs.get("row_map"),
    )
    expected = {
        name: decode(golden["reference"][name], torch.float64).reshape(tokens.shape) for name in golden["reference"]
    }
    assert torch.equal(tokens.double(), expected["tokens"])
    torch.testing.assert_close(values, expected["values"].float(), rtol=1e-6, atol=0)
