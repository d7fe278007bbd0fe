"""Tensors of the golden files."""

import base64

import torch


def decode(text: str, dtype: torch.dtype) -> torch.Tensor:
    """Flat tensor of little-endian bytes."""
    data = bytearray(base64.b64decode(text))
    return torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
