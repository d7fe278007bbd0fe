"""Safetensors files and Marlin heads in them: the same bytes as `decode-lab quantise`, and hostile headers."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from decode_kernels.lm_head_int4 import marlin_file, packing, quantise
from decode_kernels.lm_head_int4.safetensors_file import SafetensorsFile, write_safetensors
from int4_golden import load

EXAMPLE = Path(__file__).parents[2] / "examples" / "head.safetensors"


def example_head(group_size, scale_dtype):
    file = SafetensorsFile(EXAMPLE)
    bits = file.read("lm_head.weight")
    rows = quantise.quantise(quantise.float_head(bits, "bfloat16"), group_size, scale_dtype)
    words, scales = packing.pack_head(*rows, group_size, scale_dtype)
    head = marlin_file.MarlinHead(words, scales, scale_dtype, *bits.shape, group_size)
    return head, {"lm_head.weight": hashlib.sha256(bits.tobytes()).hexdigest()}


@pytest.mark.parametrize("result", load("marlin-file")["files"], ids=lambda result: str(result["groupSize"]))
def test_writes_what_decode_lab_quantise_writes(result, tmp_path):
    head, sources = example_head(result["groupSize"], result["scaleDtype"])
    path = tmp_path / "head.marlin.safetensors"
    marlin_file.write_marlin_file(path, head, sources)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == result["sha256"]
    back = marlin_file.read_marlin_file(path)
    np.testing.assert_array_equal(back.weight, head.weight)
    np.testing.assert_array_equal(back.scales, head.scales)
    assert (back.scale_dtype, back.vocab_size, back.hidden_size) == (head.scale_dtype, 100, 128)
    assert back.group_size == head.group_size


def test_refuses_other_files_and_metadata(tmp_path):
    with pytest.raises(ValueError, match="its format is None"):
        marlin_file.read_marlin_file(EXAMPLE)
    head, sources = example_head(32, "bfloat16")
    path = tmp_path / "head.safetensors"
    marlin_file.write_marlin_file(path, head, sources)
    for old, new in ((b'"vocab_size":"100"', b'"vocab_size":"900"'), (b'"hidden_size":"128"', b'"hidden_size":"192"')):
        other = tmp_path / "other"
        other.write_bytes(path.read_bytes().replace(old, new))
        with pytest.raises(ValueError, match="the metadata ask for"):
            marlin_file.read_marlin_file(other)


def file_of(folder, header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path = folder / "x.safetensors"
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)
    return path


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


ONE = entry("U8", [4], 0, 4)


@pytest.mark.parametrize(
    ("header", "data", "length", "message"),
    [
        (b"{}", b"", 100_000_001, "100000001 bytes"),
        (b"{}", b"", 3, "said to have 3 bytes"),
        (b"[]", b"", None, "does not begin with"),
        (b"{]", b"", None, "Expecting property name"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"", None, "nests deeper"),
        (b'{"a":1,"\\u0061":1}', b"", None, "names a key twice"),
        ({"a": entry("U8", [3], 1, 4)}, b"1234", None, "begins at byte"),
        ({"a": ONE, "b": entry("U8", [3], 3, 6)}, b"123456", None, "begins at byte"),
        ({"a": ONE}, b"123", None, "the tensors end at byte"),
        ({"a": ONE}, b"12345", None, "the tensors end at byte"),
        ({"a": entry("I32", [4], 0, 4)}, b"1234", None, "is 16 bytes, its offsets span 4"),
        ({"a": entry("U8", [2**40, 2**40], 0, 4)}, b"1234", None, "its offsets span 4"),
        ({"a": entry("U8", [-4], 0, 4)}, b"1234", None, "whole numbers"),
        ({"a": entry("U8", [True, 4], 0, 4)}, b"1234", None, "whole numbers"),
        ({"a": entry("X9", [4], 0, 4)}, b"1234", None, "unknown dtype"),
        ({"a": entry("F4", [1], 0, 1)}, b"1", None, r"is 0\.5 bytes"),
        ({"a": ONE | {"x": 1}}, b"1234", None, "needs dtype, shape and data_offsets"),
        ({"__metadata__": {"a": 1}}, b"", None, "no object of strings"),
    ],
)
def test_hostile_headers(header, data, length, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        SafetensorsFile(file_of(tmp_path, header, data, length))


def test_reads_what_it_wrote(tmp_path):
    numbers = np.arange(12, dtype=np.int32).reshape(3, 4)
    path = tmp_path / "x.safetensors"
    with path.open("wb") as file:
        write_safetensors(file, [("a", "I32", numbers), ("b", "F32", np.zeros((0, 7), np.float32))], {"k": "ü"})
    opened = SafetensorsFile(path)
    assert opened.metadata == {"k": "ü"}
    np.testing.assert_array_equal(opened.read("a"), numbers)
    assert opened.read("b").shape == (0, 7)
    assert opened.entries["a"].begin % 8 == 0
    short = tmp_path / "short"
    short.write_bytes(b"abc")
    with pytest.raises(ValueError, match="the file has 3"):
        SafetensorsFile(short)
