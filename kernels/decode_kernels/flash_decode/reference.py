"""Torch references of flash_decode: its meaning in float64, and the usual low-precision path: an honest error.

kv_cache is `[pages, 2, page_size, num_kv_heads, head_dim]` or `[pages, num_kv_heads, page_size, 2 * head_dim]`, a key
before its value. softcap 0 and window 0 mean none. Query tokens are the last positions of each sequence.
"""

import torch
from torch import Tensor

Outputs = tuple[Tensor, Tensor]


def run(
    q: Tensor, kv_cache: Tensor, block_table: Tensor, kv_lens: Tensor, scale: float, softcap: float, window: int
) -> Outputs:
    """out `[num_tokens, num_qo_heads, head_dim]` in q's dtype and lse `[num_tokens, num_qo_heads]`, rounded once."""
    out, lse = reference(q, kv_cache, block_table, kv_lens, scale, softcap, window)
    return out.to(q.dtype), lse.float()


def reference(
    q: Tensor, kv_cache: Tensor, block_table: Tensor, kv_lens: Tensor, scale: float, softcap: float, window: int
) -> Outputs:
    """out and lse in float64, unrounded; a row without keys is 0 and -inf."""
    return attend(q, kv_cache, block_table, kv_lens, scale, softcap, window, softmax)


def naive(
    q: Tensor, kv_cache: Tensor, block_table: Tensor, kv_lens: Tensor, scale: float, softcap: float, window: int
) -> Outputs:
    """Scores and softmax in float32, probabilities rounded to q's dtype, one cast; sums are float64's, rounded."""

    def rounded_softmax(scores: Tensor) -> Outputs:
        scores = scores.float()
        top = scores.amax(-1, keepdim=True)
        weights = torch.exp((scores - finite(top)).double()).float()
        total = weights.double().sum(-1, keepdim=True).float()
        weights = (weights / total).nan_to_num().to(q.dtype).double()
        return weights, (top + total.double().log().float()).squeeze(-1).double()

    out, lse = attend(q, kv_cache, block_table, kv_lens, scale, softcap, window, rounded_softmax)
    return out.to(q.dtype), lse.float()


def attend(
    q: Tensor,
    kv_cache: Tensor,
    block_table: Tensor,
    kv_lens: Tensor,
    scale: float,
    softcap: float,
    window: int,
    weigh,
) -> Outputs:
    """Sequence by sequence; `weigh` takes scores `[heads, tokens, keys]` to weights and lse."""
    num_tokens, num_qo_heads, _ = q.shape
    q_len = num_tokens // len(kv_lens)
    scale = torch.tensor(scale).double()  # as the kernels get it, a float32
    out = q.new_zeros(q.shape, dtype=torch.float64)
    lse = q.new_full((num_tokens, num_qo_heads), -torch.inf, dtype=torch.float64)
    for sequence, kv_len in enumerate(kv_lens.tolist()):
        first = max(kv_len - q_len + 1 - window, 0) if window else 0
        if first == kv_len:
            continue
        rows = slice(sequence * q_len, (sequence + 1) * q_len)
        keys, values = gather(kv_cache, block_table[sequence], first, kv_len, num_qo_heads)
        scores = torch.einsum("thd,khd->htk", q[rows].double(), keys) * scale
        if softcap:
            scores = softcap * torch.tanh(scores / softcap)
        end = kv_len - q_len + 1 + torch.arange(q_len)[:, None]
        key = torch.arange(first, kv_len)
        seen = (key < end) & (key >= (end - window if window else 0))
        weights, sums = weigh(scores.masked_fill(~seen, -torch.inf))
        out[rows] = torch.einsum("htk,khd->thd", weights, values)
        lse[rows] = sums.T
    return out, lse


def softmax(scores: Tensor) -> Outputs:
    """Softmax in float64 and its lse; rows of -inf are 0."""
    top = finite(scores.amax(-1, keepdim=True))
    weights = torch.exp(scores - top)
    total = weights.sum(-1, keepdim=True)
    return (weights / total).nan_to_num(), (top + total.log()).squeeze(-1)


def finite(top: Tensor) -> Tensor:
    """0 for -inf, so that nothing is subtracted from rows without keys."""
    return torch.where(top == -torch.inf, 0.0, top)


def gather(kv_cache: Tensor, pages: Tensor, first: int, end: int, num_qo_heads: int) -> Outputs:
    """Keys and values `[end - first, num_qo_heads, head_dim]` in float64, those of a KV head for each of its group."""
    page_size = kv_cache.shape[2]
    key = torch.arange(first, end)
    page, slot = pages[key // page_size].long(), key % page_size
    tokens = kv_cache[page, :, slot]
    found = tokens.unbind(1) if kv_cache.dim() == 5 else tokens.chunk(2, dim=-1)
    group = num_qo_heads // found[0].shape[1]
    return tuple(tensor.double().repeat_interleave(group, dim=1) for tensor in found)
