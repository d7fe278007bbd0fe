"""A reader and writer of safetensors files without the package: the checks of src/int4/safetensors-header.ts."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

MAX_HEADER_BYTES = 100_000_000

# numpy has no bfloat16: its patterns are uint16.
NUMPY_DTYPES = {"BF16": np.uint16, "F16": np.uint16, "F32": np.float32, "I32": np.int32, "I64": np.int64}
ELEMENT_BITS = {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "C64": 64}
ELEMENT_BITS |= dict.fromkeys(
    ("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"),
    8,
)
ELEMENT_BITS |= {name: 16 for name in ("I16", "U16", "F16", "BF16")}
ELEMENT_BITS |= {name: 32 for name in ("I32", "U32", "F32")}
ELEMENT_BITS |= {name: 64 for name in ("F64", "I64", "U64")}


@dataclass(frozen=True)
class Entry:
    """Where a tensor lies; offsets are bytes of the file."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a header names a key twice")
    return members


def _entry(name: str, member: object, data_start: int) -> Entry:
    if not isinstance(member, dict) or set(member) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"tensor {name!r} needs dtype, shape and data_offsets")
    dtype, shape, offsets = member["dtype"], member["shape"], member["data_offsets"]
    counts = [*shape, *offsets] if isinstance(shape, list) and isinstance(offsets, list) else [None]
    if not all(type(count) is int and 0 <= count < 2**53 for count in counts) or len(offsets) != 2:
        raise ValueError(f"tensor {name!r}: shape and data_offsets are whole numbers, two offsets")
    if not isinstance(dtype, str) or dtype not in ELEMENT_BITS:
        raise ValueError(f"tensor {name!r} has unknown dtype {dtype!r}")
    bits = math.prod(shape) * ELEMENT_BITS[dtype]
    begin, end = offsets
    if 8 * (end - begin) != bits:
        raise ValueError(f"tensor {name!r}: {dtype} {shape} is {bits / 8:g} bytes, its offsets span {end - begin}")
    return Entry(dtype, tuple(shape), data_start + begin, data_start + end)


class SafetensorsFile:
    """A safetensors file: its header in memory, its tensors read when asked for. ValueError for anything else."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        size = self.path.stat().st_size
        with self.path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > MAX_HEADER_BYTES or 8 + length > size:
                raise ValueError(f"{path}: the header is said to have {length} bytes, the file has {size}")
            text = file.read(length)
        if not text.startswith(b"{"):
            raise ValueError(f"{path}: the header does not begin with '{{'")
        try:
            header = json.loads(text.decode(), object_pairs_hook=_members)
        except RecursionError as error:
            raise ValueError(f"{path}: the header nests deeper than tensors are") from error
        self.metadata = header.pop("__metadata__", {})
        if not isinstance(self.metadata, dict) or not all(isinstance(value, str) for value in self.metadata.values()):
            raise ValueError(f"{path}: __metadata__ is no object of strings")
        self.entries = {name: _entry(name, member, 8 + length) for name, member in header.items()}
        reached = 8 + length
        for name, entry in sorted(self.entries.items(), key=lambda item: (item[1].begin, item[1].end)):
            if entry.begin != reached:
                raise ValueError(f"{path}: tensor {name!r} begins at byte {entry.begin}, {reached} is due")
            reached = entry.end
        if reached != size:
            raise ValueError(f"{path}: the tensors end at byte {reached}, the file has {size}")

    def read(self, name: str) -> np.ndarray:
        """A tensor as an array; BF16 and F16 as uint16 patterns."""
        entry = self.entries[name]
        if entry.dtype not in NUMPY_DTYPES:
            raise ValueError(f"tensor {name!r} has dtype {entry.dtype}, one of {', '.join(NUMPY_DTYPES)} can be read")
        with self.path.open("rb") as file:
            file.seek(entry.begin)
            data = file.read(entry.end - entry.begin)
        return np.frombuffer(data, NUMPY_DTYPES[entry.dtype]).reshape(entry.shape)


def write_safetensors(file: BinaryIO, tensors: Iterable[tuple[str, str, np.ndarray]], metadata: dict[str, str]) -> None:
    """Writes (name, dtype, array) in order, the header as src/int4/safetensors.ts makes it."""
    tensors = [(name, dtype, np.ascontiguousarray(array)) for name, dtype, array in tensors]
    header: dict[str, object] = {"__metadata__": metadata}
    offset = 0
    for name, dtype, array in tensors:
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for _, _, array in tensors:
        file.write(array.tobytes())
