"""Torch references of lm_head_int4: float64 over the weights as the kernel rounds them, and the 16-bit path of vLLM."""

from functools import cache

import torch
from torch import Tensor

TILE = 64


@cache
def word_order() -> Tensor:
    """Places [n / 16][k][n % 16] in a 16 x 64 tile of its words' nibbles `[128, 8]`, as Marlin's packer permutes."""
    order = []
    for lane in range(32):
        rows = [2 * (lane % 4) + r for r in (0, 1, 8, 9)]
        block = [16 * row + lane // 4 + column for column in (0, 8) for row in rows]
        order += [place + 256 * j for j in range(4) for place in block]
    return torch.tensor(order).reshape(-1, 8)[:, [0, 2, 4, 6, 1, 3, 5, 7]]


def unpack(weights: Tensor) -> Tensor:
    """Codes uint8 `[hidden_size, num_columns]` of int32 `[hidden_size / 16, 2 * num_columns]`."""
    steps, words = weights.shape
    shifts = 4 * torch.arange(8, dtype=torch.int32)
    nibbles = ((weights.cpu()[..., None] >> shifts) & 15).to(torch.uint8)
    tiles = torch.empty(steps, words // 128, 1024, dtype=torch.uint8)
    tiles[:, :, word_order().flatten()] = nibbles.reshape(steps, words // 128, 1024)
    return tiles.reshape(steps, words // 128, 4, 16, 16).permute(0, 3, 1, 2, 4).reshape(16 * steps, words // 2)


def column_scales(scales: Tensor, per_channel: bool) -> Tensor:
    """Scales `[num_groups, num_columns]` in the order of the columns."""
    if per_channel:
        order = [2 * i + j for i in range(4) for j in (0, 1, 8, 9, 16, 17, 24, 25)]
    else:
        order = [i + 8 * j for i in range(8) for j in range(8)]
    place = torch.tensor(order)
    tiles = scales.cpu().reshape(scales.shape[0], -1, len(order))
    columns = torch.empty_like(tiles)
    columns[:, :, place] = tiles
    return columns.reshape(scales.shape)


def sums(hidden: Tensor, weights: Tensor, scales: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Sums `[num_tokens, num_columns]` in `dtype`, and what a column is multiplied by: its scale per channel, or 1."""
    codes = unpack(weights).to(scales.dtype) - 8
    groups = scales.shape[0]
    columns = column_scales(scales, groups == 1)
    if groups == 1:
        return hidden.cpu().to(dtype) @ codes.to(dtype), columns[0].to(dtype)
    rounded = codes * columns.repeat_interleave(codes.shape[0] // groups, dim=0)  # once, to 16 bits
    return hidden.cpu().to(dtype) @ rounded.to(dtype), torch.ones(codes.shape[1], dtype=dtype)


def rounded_logits(sums: Tensor, factor: Tensor, softcap: float, dtype: torch.dtype) -> Tensor:
    """Logits as vLLM has them: 16-bit sums, times the scale per channel, then divided, tanh, multiplied in 16 bits."""
    logits = sums.to(dtype) * factor.to(dtype)
    if softcap == 0:
        return logits
    return torch.tanh(logits / softcap) * softcap


def reference(hidden: Tensor, weights: Tensor, scales: Tensor, softcap: float) -> Tensor:
    """Logits float64 `[num_tokens, num_columns]`, capped unless softcap is 0."""
    total, factor = sums(hidden, weights, scales, torch.float64)
    logits = total * factor
    return logits if softcap == 0 else softcap * torch.tanh(logits / softcap)


def naive(hidden: Tensor, weights: Tensor, scales: Tensor, softcap: float) -> Tensor:
    """Logits in the dtype of hidden by float32 sums and the 16-bit steps of vLLM."""
    total, factor = sums(hidden, weights, scales, torch.float32)
    return rounded_logits(total, factor, softcap, hidden.dtype)


def logits(hidden: Tensor, weights: Tensor, scales: Tensor, vocab_size: int, softcap: float, rounds: bool) -> Tensor:
    """Logits `[num_tokens, vocab_size]` in the dtype of hidden."""
    total, factor = sums(hidden, weights, scales, torch.float64)
    if rounds:
        return rounded_logits(total, factor, softcap, hidden.dtype)[:, :vocab_size].contiguous()
    return reference(hidden, weights, scales, softcap)[:, :vocab_size].to(hidden.dtype)


def top_k(
    hidden: Tensor,
    weights: Tensor,
    scales: Tensor,
    vocab_size: int,
    k: int,
    softcap: float,
    rounds: bool,
    row_map: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Token ids int32 and values float32 `[num_tokens, k]`: greatest first, ties by the lower id, NaN above infinity.

    -1 and -infinity where columns run out.
    """
    total, factor = sums(hidden, weights, scales, torch.float64)
    compared = rounded_logits(total, factor, softcap, hidden.dtype).double() if rounds else total * factor
    ids = torch.arange(weights.shape[1] // 2) if row_map is None else row_map.cpu().long()
    columns = torch.nonzero((ids >= 0) & (torch.arange(len(ids)) < vocab_size)).flatten()
    columns = columns[ids[columns].argsort()]
    order = compared[:, columns].sort(dim=1, descending=True, stable=True)
    places = min(k, len(columns))
    tokens = torch.full((len(hidden), k), -1, dtype=torch.int32)
    values = torch.full((len(hidden), k), -torch.inf)
    tokens[:, :places] = ids[columns][order.indices[:, :places]].int()
    top = order.values[:, :places]
    values[:, :places] = (top if rounds or softcap == 0 else softcap * torch.tanh(top / softcap)).float()
    return tokens, values
