"""head.marlin.safetensors: Marlin's words [K/16, 2N] and scales [groups, N], as `decode-lab quantise` writes them."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .packing import TILE_K, check_shape, group_length
from .safetensors_file import SafetensorsFile, write_safetensors

FORMAT = "decode-lab/marlin-head@1"
STORED = {"bfloat16": "BF16", "float16": "F16"}


@dataclass(frozen=True)
class MarlinHead:
    """An int4 head as a Marlin kernel takes it; columns from vocab_size on are padding: weight 0 under scale 1."""

    weight: np.ndarray
    scales: np.ndarray
    scale_dtype: str
    vocab_size: int
    hidden_size: int
    group_size: int | str


def write_marlin_file(path: str | Path, head: MarlinHead, source_sha256: dict[str, str]) -> None:
    """Writes the bytes of src/int4/marlin-file.ts; source_sha256 names the tensors that the head was made from."""
    metadata = {
        "format": FORMAT,
        "vocab_size": str(head.vocab_size),
        "hidden_size": str(head.hidden_size),
        "group_size": str(head.group_size),
        "source_sha256": json.dumps(source_sha256, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    }
    tensors = [("weight", "I32", head.weight), ("scales", STORED[head.scale_dtype], head.scales)]
    with Path(path).open("wb") as file:
        write_safetensors(file, tensors, metadata)


def read_marlin_file(path: str | Path) -> MarlinHead:
    """A head that `decode-lab quantise` or write_marlin_file wrote; ValueError for any other file."""
    file = SafetensorsFile(path)
    if file.metadata.get("format") != FORMAT:
        raise ValueError(f"{path}: its format is {file.metadata.get('format')!r}, not {FORMAT}")
    vocab, hidden, group = (file.metadata[name] for name in ("vocab_size", "hidden_size", "group_size"))
    k, group_size = int(hidden), group if group == "channel" else int(group)
    weight, scales = file.read("weight"), file.read("scales")
    n = scales.shape[-1]
    check_shape(k, n, group_size)
    shapes = ((k // TILE_K, 2 * n), (k // group_length(k, group_size), n))
    if (weight.shape, scales.shape) != shapes or not 0 < int(vocab) <= n:
        raise ValueError(f"{path}: shapes {weight.shape} and {scales.shape}, the metadata ask for {shapes}")
    stored = file.entries["scales"].dtype
    names = {short: name for name, short in STORED.items()}
    if stored not in names or file.entries["weight"].dtype != "I32":
        raise ValueError(f"{path}: scales are {stored}, weight is {file.entries['weight'].dtype}")
    return MarlinHead(weight, scales, names[stored], int(vocab), k, group_size)
