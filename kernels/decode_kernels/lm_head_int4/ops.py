"""Operators lm_head_int4_logits and lm_head_int4_top_k: float64 on cpu, the CUDA kernel on cuda, shapes for tracing."""

import torch
from torch import Tensor

from . import reference

MAX_TOKENS, MAX_K, CHUNK = 16, 64, 128
GROUP_SIZES = (32, 128)


@torch.library.custom_op("decode_kernels::lm_head_int4_logits", mutates_args=(), device_types="cpu")
def lm_head_int4_logits(
    hidden: Tensor, weights: Tensor, scales: Tensor, vocab_size: int, softcap: float, round_logits: bool
) -> Tensor:
    """Logits `[num_tokens, vocab_size]` of hidden `[num_tokens, hidden_size]`; weights, scales as Marlin has them."""
    check(hidden, weights, scales, vocab_size, softcap)
    return reference.logits(hidden, weights, scales, vocab_size, softcap, round_logits)


@torch.library.custom_op("decode_kernels::lm_head_int4_top_k", mutates_args=(), device_types="cpu")
def lm_head_int4_top_k(
    hidden: Tensor,
    weights: Tensor,
    scales: Tensor,
    vocab_size: int,
    k: int,
    softcap: float,
    round_logits: bool,
    row_map: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Token ids int32 and logits float32 `[num_tokens, k]`, greatest first, ties by the lowest id; 1 is the arg-max."""
    check(hidden, weights, scales, vocab_size, softcap)
    check_places(weights, k, row_map)
    return reference.top_k(hidden, weights, scales, vocab_size, k, softcap, round_logits, row_map)


@lm_head_int4_logits.register_fake
def _(hidden, weights, scales, vocab_size, softcap, round_logits):
    check(hidden, weights, scales, vocab_size, softcap)
    return hidden.new_empty(hidden.shape[0], vocab_size)


@lm_head_int4_top_k.register_fake
def _(hidden, weights, scales, vocab_size, k, softcap, round_logits, row_map=None):
    check(hidden, weights, scales, vocab_size, softcap)
    check_places(weights, k, row_map)
    return empty_places(hidden, k)


@lm_head_int4_logits.register_kernel("cuda")
def _(hidden, weights, scales, vocab_size, softcap, round_logits):
    from . import cuda_module

    check(hidden, weights, scales, vocab_size, softcap)
    logits = hidden.new_empty(hidden.shape[0], vocab_size)
    numbers = (hidden.shape[0], vocab_size, 1, softcap, round_logits)
    cuda_module.run("logits", hidden, weights, scales, None, {"logits": logits}, numbers)
    return logits


@lm_head_int4_top_k.register_kernel("cuda")
def _(hidden, weights, scales, vocab_size, k, softcap, round_logits, row_map=None):
    from . import cuda_module

    check(hidden, weights, scales, vocab_size, softcap)
    check_places(weights, k, row_map)
    tokens, values = empty_places(hidden, k)
    numbers = (hidden.shape[0], vocab_size, k, softcap, round_logits)
    outputs = {"tokens": tokens, "values": values}
    cuda_module.run("argmax" if k == 1 else "topk", hidden, weights, scales, row_map, outputs, numbers)
    return tokens, values


def check(hidden: Tensor, weights: Tensor, scales: Tensor, vocab_size: int, softcap: float) -> None:
    """Refuse what the kernel cannot address."""
    if hidden.dtype not in (torch.bfloat16, torch.float16) or scales.dtype != hidden.dtype:
        raise TypeError(f"hidden is {hidden.dtype}, scales {scales.dtype}; allowed is bfloat16 or float16 for both")
    if weights.dtype != torch.int32:
        raise TypeError(f"weights are {weights.dtype}; allowed is int32")
    if any(tensor.dim() != 2 or not tensor.is_contiguous() for tensor in (hidden, weights, scales)):
        raise ValueError("hidden, weights and scales are contiguous matrices")
    (num_tokens, hidden_size), num_columns = hidden.shape, weights.shape[1] // 2
    if not 1 <= num_tokens <= MAX_TOKENS or hidden_size % CHUNK != 0:
        raise ValueError(
            f"hidden is {tuple(hidden.shape)}; 1 to {MAX_TOKENS} rows of a multiple of {CHUNK} are allowed"
        )
    if weights.shape[0] * 16 != hidden_size or num_columns % reference.TILE != 0:
        raise ValueError(
            f"weights are {tuple(weights.shape)}; Marlin has {hidden_size // 16} rows, each a multiple of 128"
        )
    group_size = hidden_size // max(scales.shape[0], 1)
    if scales.shape[1] != num_columns or (scales.shape[0] != 1 and group_size not in GROUP_SIZES):
        raise ValueError(
            f"scales are {tuple(scales.shape)}; one row, or one per {GROUP_SIZES} k, of {num_columns} columns"
        )
    if scales.shape[0] != 1 and scales.shape[0] * group_size != hidden_size:
        raise ValueError(f"{scales.shape[0]} groups do not divide {hidden_size}")
    if not 1 <= vocab_size <= num_columns:
        raise ValueError(f"vocab_size is {vocab_size}; 1 to {num_columns} is allowed")
    if not softcap >= 0:
        raise ValueError(f"softcap is {softcap}; 0 (none) or more is allowed")


def check_places(weights: Tensor, k: int, row_map: Tensor | None) -> None:
    """Refuse a k or a row map that the kernel does not have."""
    if not 1 <= k <= MAX_K:
        raise ValueError(f"k is {k}; 1 to {MAX_K} is allowed")
    if row_map is not None and (row_map.dtype != torch.int32 or row_map.shape != (weights.shape[1] // 2,)):
        raise ValueError(f"row_map is {row_map.dtype} {tuple(row_map.shape)}; int32, one id per column, is allowed")


def empty_places(hidden: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Uninitialised token ids and values."""
    shape = (hidden.shape[0], k)
    return hidden.new_empty(shape, dtype=torch.int32), hidden.new_empty(shape, dtype=torch.float32)
