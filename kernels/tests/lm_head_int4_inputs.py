"""Small packed heads for the Python tests of lm_head_int4, with the codes and scales that they were packed from."""

from dataclasses import dataclass

import torch
from torch import Tensor

SHAPES = {"num_tokens": 3, "hidden_size": 256, "num_columns": 256}


@dataclass
class Head:
    """Packed, and as it was: codes `[hidden_size, num_columns]`, scales in the order of the columns."""

    hidden: Tensor
    weights: Tensor
    scales: Tensor
    codes: Tensor
    plain_scales: Tensor


def make_head(groups: str, dtype: torch.dtype, num_tokens: int = SHAPES["num_tokens"]) -> Head:
    """Random codes and scales; `groups` is 32, 128 or channel."""
    generator = torch.Generator().manual_seed(7)
    hidden_size, num_columns = SHAPES["hidden_size"], SHAPES["num_columns"]
    codes = torch.randint(0, 16, (hidden_size, num_columns), generator=generator, dtype=torch.int32)
    num_groups = 1 if groups == "channel" else hidden_size // int(groups)
    plain_scales = (0.1 * (0.75 + 0.5 * torch.rand(num_groups, num_columns, generator=generator))).to(dtype)
    hidden = torch.randn(num_tokens, hidden_size, generator=generator).to(dtype)
    return Head(hidden, pack(codes), permute(plain_scales, groups == "channel"), codes, plain_scales)


def pack(codes: Tensor) -> Tensor:
    """Marlin's words, weight by weight from the closed form of the layout."""
    hidden_size, num_columns = codes.shape
    k, n = torch.arange(hidden_size)[:, None], torch.arange(num_columns)[None, :]
    lane, nibble = n % 8 * 4 + k % 8 // 2, k % 16 // 8 + 2 * (n % 16 // 8) + 4 * (k % 2)
    place = k // 16 * 2 * num_columns + n // 64 * 128 + lane * 4 + n % 64 // 16
    words = torch.zeros(hidden_size // 16 * 2 * num_columns, dtype=torch.int64)
    words.scatter_add_(0, place.flatten(), (codes.long() << 4 * nibble).flatten())
    return torch.where(words >= 2**31, words - 2**32, words).int().reshape(hidden_size // 16, 2 * num_columns)


def permute(scales: Tensor, per_channel: bool) -> Tensor:
    """Each column's scale at its place."""
    n = torch.arange(scales.shape[1])
    place = n - n % 64 + n % 8 * 8 + n % 64 // 8
    if per_channel:
        column = n % 32
        place = n - column + column % 8 // 2 * 8 + column // 8 * 2 + column % 2
    stored = torch.empty_like(scales)
    stored[:, place] = scales
    return stored


def dense_logits(head: Head) -> Tensor:
    """float64 logits from the codes: scales in the 16-bit weights, or per channel on the sums."""
    signed = (head.codes - 8).double()
    groups = head.plain_scales.shape[0]
    if groups == 1:
        return head.hidden.double() @ signed * head.plain_scales.double()
    spread = head.plain_scales.double().repeat_interleave(len(signed) // groups, dim=0)
    return head.hidden.double() @ (signed * spread).to(head.hidden.dtype).double()
