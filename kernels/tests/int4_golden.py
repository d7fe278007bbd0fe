"""Golden vectors of the int4 weight format: src/int4's bytes, and those that other libraries packed."""

import base64
import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "golden" / "int4"


def load(name: str) -> dict:
    """One document."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def decode(text: str, dtype: type, *shape: int) -> np.ndarray:
    """Little-endian bytes as an array."""
    return np.frombuffer(base64.b64decode(text), dtype).reshape(shape)
