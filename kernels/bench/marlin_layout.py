"""Marlin's layout of int4 weights and scales as reshapes, on any device; reference.py goes by its permutations."""

import torch
from torch import Tensor


def codes(weights: Tensor) -> Tensor:
    """uint8 `[hidden_size, num_columns]` of int32 words `[hidden_size / 16, 2 * num_columns]`.

    Word j of lane l in a tile of 16 k and 64 columns: nibble s is k = 8 s0 + 2 (l % 4) + s2, n = 16 j + 8 s1 + l / 4.
    """
    steps, words = weights.shape
    shifts = 4 * torch.arange(8, dtype=torch.int32, device=weights.device)
    nibbles = ((weights[..., None] >> shifts) & 15).to(torch.uint8)
    bits = nibbles.reshape(steps, words // 128, 8, 4, 4, 2, 2, 2)  # step, tile, l / 4, l % 4, j, s2, s1, s0
    return bits.permute(0, 7, 3, 5, 1, 4, 6, 2).reshape(16 * steps, words // 2)


def column_scales(scales: Tensor) -> Tensor:
    """`[num_groups, num_columns]` in the order of the columns; one row is per channel."""
    if scales.shape[0] == 1:
        return scales.reshape(-1, 4, 4, 2).transpose(1, 2).reshape(scales.shape)
    return scales.reshape(len(scales), -1, 8, 8).transpose(2, 3).reshape(scales.shape)
