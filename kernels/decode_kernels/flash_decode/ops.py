"""The operator torch.ops.decode_kernels.flash_decode: float64 on cpu, Triton kernels on cuda, shapes for tracing."""

import torch
from torch import Tensor

from . import reference

NUM_WARPS = {128: 4, 256: 4, 512: 8}  # by head_dim: as many as parts of it in flash_decode_triton.partial


@torch.library.custom_op("decode_kernels::flash_decode", mutates_args=(), device_types="cpu")
def flash_decode(
    q: Tensor,
    kv_cache: Tensor,
    block_table: Tensor,
    kv_lens: Tensor,
    scale: float,
    softcap: float,
    window: int,
    max_kv_len: int,
    split_size: int,
) -> tuple[Tensor, Tensor]:
    """out `[num_tokens, num_qo_heads, head_dim]`, float32 lse `[num_tokens, num_qo_heads]`; layouts: reference.py.

    No sequence may be longer than max_kv_len. Keep split_size (split_heuristic.py) while a sequence is decoded: a row
    then has the same bits whatever the batch and the number of query tokens.
    """
    check(q, kv_cache, block_table, kv_lens, split_size)
    return reference.run(q, kv_cache, block_table, kv_lens, scale, softcap, window)


@flash_decode.register_fake
def _(q, kv_cache, block_table, kv_lens, scale, softcap, window, max_kv_len, split_size):
    check(q, kv_cache, block_table, kv_lens, split_size)
    return empty_outputs(q)


@flash_decode.register_kernel("cuda")
def _(q, kv_cache, block_table, kv_lens, scale, softcap, window, max_kv_len, split_size):
    check(q, kv_cache, block_table, kv_lens, split_size)
    return launch(q, kv_cache, block_table, kv_lens, scale, softcap, window, max_kv_len, split_size)


def launch(
    q: Tensor,
    kv_cache: Tensor,
    block_table: Tensor,
    kv_lens: Tensor,
    scale: float,
    softcap: float,
    window: int,
    max_kv_len: int,
    split_size: int,
) -> tuple[Tensor, Tensor]:
    """Both stages on the current stream, with workspaces of their own."""
    from .flash_decode_triton import merge, partial

    num_tokens, num_qo_heads, head_dim = q.shape
    batch_size = kv_lens.shape[0]
    out, lse = empty_outputs(q)
    if num_tokens == 0:
        return out, lse
    q_len = num_tokens // batch_size
    num_kv_heads, stride_page, stride_token, stride_head, stride_value = strides(kv_cache, head_dim)
    num_splits = max(1, slots(q_len, window, max_kv_len, split_size))
    rows = q_len * num_qo_heads // num_kv_heads
    block_rows = 16 if rows <= 16 else 32
    partial_lse = lse.new_empty(num_tokens, num_qo_heads, num_splits)
    partial_out = lse.new_empty(num_tokens, num_qo_heads, num_splits, head_dim)
    partial[(num_splits, num_kv_heads * -(-rows // block_rows), batch_size)](
        q,
        kv_cache,
        block_table,
        kv_lens,
        partial_out,
        partial_lse,
        q_len,
        num_qo_heads,
        num_kv_heads,
        kv_cache.shape[2],
        block_table.stride(0),
        stride_page,
        stride_token,
        stride_head,
        stride_value,
        window,
        split_size,
        num_splits,
        scale,
        softcap,
        head_dim,
        block_rows,
        int(softcap != 0),
        num_warps=NUM_WARPS[head_dim],
        enable_fp_fusion=False,
    )
    merge[(num_tokens, num_qo_heads, head_dim // 128)](
        partial_out,
        partial_lse,
        kv_lens,
        out,
        lse,
        q_len,
        num_qo_heads,
        window,
        split_size,
        num_splits,
        head_dim,
        num_warps=1,
        enable_fp_fusion=False,
    )
    return out, lse


def empty_outputs(q: Tensor) -> tuple[Tensor, Tensor]:
    """Uninitialised outputs."""
    return torch.empty_like(q), q.new_empty(q.shape[:2], dtype=torch.float32)


def slots(q_len: int, window: int, max_kv_len: int, split_size: int) -> int:
    """Most splits with visible keys that a sequence of at most max_kv_len keys has."""
    whole = -(-max_kv_len // split_size)
    if window == 0:
        return whole
    visible = min(max_kv_len, window + q_len - 1)
    return min(whole, -(-(visible + split_size - 1) // split_size))


def strides(kv_cache: Tensor, head_dim: int) -> tuple[int, int, int, int, int]:
    """num_kv_heads, and the elements from page to page, token to token, head to head and from a key to its value."""
    if kv_cache.dim() == 5:
        page, value, token, head, _ = kv_cache.stride()
        return kv_cache.shape[3], page, token, head, value
    page, head, token, _ = kv_cache.stride()
    return kv_cache.shape[1], page, token, head, head_dim


def check(q: Tensor, kv_cache: Tensor, block_table: Tensor, kv_lens: Tensor, split_size: int) -> None:
    """Refuse what the kernels cannot address."""
    if q.dtype not in (torch.bfloat16, torch.float16) or kv_cache.dtype != q.dtype:
        raise TypeError(
            f"q is {q.dtype} and kv_cache {kv_cache.dtype}; allowed are bfloat16 or float16, the same for both"
        )
    if block_table.dtype != torch.int32 or kv_lens.dtype != torch.int32:
        raise TypeError(f"block_table is {block_table.dtype} and kv_lens {kv_lens.dtype}; allowed is int32")
    if q.dim() != 3 or all(q.shape[2] != size for size in NUM_WARPS) or not q.is_contiguous():
        raise ValueError(f"q is {tuple(q.shape)}; contiguous [num_tokens, heads, 128, 256 or 512] is allowed")
    head_dim, page_size = q.shape[2], kv_cache.shape[2]
    if (
        kv_cache.dim() not in (4, 5)
        or kv_cache.shape[-1] != head_dim * (6 - kv_cache.dim())
        or kv_cache.stride(-1) != 1
    ):
        raise ValueError(
            f"kv_cache is {tuple(kv_cache.shape)}, strides {kv_cache.stride()}; allowed are "
            f"[pages, 2, page_size, heads, {head_dim}] and [pages, heads, page_size, {2 * head_dim}], rows contiguous"
        )
    if 65536 % page_size != 0:
        raise ValueError(f"page_size is {page_size}; powers of two up to 65536 are allowed")
    num_kv_heads = strides(kv_cache, head_dim)[0]
    if q.shape[1] % num_kv_heads != 0:
        raise ValueError(f"{q.shape[1]} query heads do not form groups over {num_kv_heads} KV heads")
    if kv_lens.dim() != 1 or block_table.dim() != 2 or block_table.shape[0] != kv_lens.shape[0]:
        raise ValueError(
            f"block_table is {tuple(block_table.shape)}, kv_lens {tuple(kv_lens.shape)}; one row a sequence"
        )
    if block_table.stride(1) != 1 or (q.shape[0] > 0 and (len(kv_lens) == 0 or q.shape[0] % len(kv_lens) != 0)):
        raise ValueError(f"q has {q.shape[0]} tokens for {len(kv_lens)} sequences; as many for each are allowed")
    if split_size <= 0 or split_size % 32 != 0:
        raise ValueError(f"split_size is {split_size}; positive multiples of 32 are allowed")
