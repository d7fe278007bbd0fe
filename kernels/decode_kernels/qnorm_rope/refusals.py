"""What the kernels cannot address is refused before a launch."""

import torch
from torch import Tensor

from .reference import Layer

ACTIVATIONS = (torch.bfloat16, torch.float16)


def check(
    qkv: Tensor,
    q_weight: Tensor,
    k_weight: Tensor,
    cos_sin: Tensor,
    positions: Tensor,
    kv_cache: Tensor | None,
    slot_mapping: Tensor | None,
    layer: Layer,
) -> None:
    """TypeError for a dtype, ValueError for a shape or stride."""
    if qkv.dtype not in ACTIVATIONS or {q_weight.dtype, k_weight.dtype} != {qkv.dtype}:
        dtypes = f"{qkv.dtype}, {q_weight.dtype}, {k_weight.dtype}"
        raise TypeError(f"qkv and the weights are {dtypes}; all bfloat16 or all float16 is allowed")
    if cos_sin.dtype != torch.float32 or positions.dtype != torch.int64:
        raise TypeError(f"cos_sin is {cos_sin.dtype}, positions {positions.dtype}; allowed are float32 and int64")
    check_rows(qkv, q_weight, k_weight, positions, layer)
    check_rotation(cos_sin, q_weight.shape[0], layer)
    if (kv_cache is None) != (slot_mapping is None):
        raise ValueError("kv_cache and slot_mapping are given together or not at all")
    if kv_cache is not None and slot_mapping is not None:
        check_cache(kv_cache, slot_mapping, qkv, q_weight.shape[0], layer)


def check_rows(qkv: Tensor, q_weight: Tensor, k_weight: Tensor, positions: Tensor, layer: Layer) -> None:
    """Rows hold the heads, weights one head, and there is a position for each row."""
    head_dim = q_weight.shape[0]
    needed = (layer.num_qo_heads + (1 if layer.k_eq_v else 2) * layer.num_kv_heads) * head_dim
    if qkv.dim() != 2 or qkv.shape[1] < needed or qkv.stride(1) != 1:
        raise ValueError(f"qkv is {tuple(qkv.shape)} with strides {qkv.stride()}; rows of {needed} elements are needed")
    if head_dim < 128 or head_dim & (head_dim - 1) or k_weight.shape != q_weight.shape:
        shapes = f"{tuple(q_weight.shape)} and {tuple(k_weight.shape)}"
        raise ValueError(f"the weights are {shapes}; two of [head_dim], a power of two from 128, are allowed")
    if positions.shape != qkv.shape[:1] or not positions.is_contiguous():
        raise ValueError(f"positions is {tuple(positions.shape)} for {qkv.shape[0]} rows; one each, contiguous")


def check_rotation(cos_sin: Tensor, head_dim: int, layer: Layer) -> None:
    """Pairs lie in the head and do not overlap."""
    distance = layer.pair_distance
    if distance < 1 or head_dim % (2 * distance) != 0:
        raise ValueError(f"pair_distance is {distance}; head_dim {head_dim} divided by a power of two is allowed")
    width = cos_sin.shape[-1]
    if cos_sin.dim() != 2 or width % 2 != 0 or not 0 < width <= 2 * distance or not cos_sin.is_contiguous():
        raise ValueError(
            f"cos_sin is {tuple(cos_sin.shape)}; an even width from 2 to {2 * distance} is allowed, contiguous"
        )
    if layer.round_intermediate not in (0, 1, 2):
        raise ValueError(f"round_intermediate is {layer.round_intermediate}; 0, 1 and 2 are allowed")


def check_cache(kv_cache: Tensor, slot_mapping: Tensor, qkv: Tensor, head_dim: int, layer: Layer) -> None:
    """The cache has a layout that strides describe, and there is a slot for each row."""
    if kv_cache.dtype != qkv.dtype or slot_mapping.dtype != torch.int64:
        raise TypeError(
            f"kv_cache is {kv_cache.dtype}, slot_mapping {slot_mapping.dtype}; allowed are {qkv.dtype} and int64"
        )
    heads = layer.num_kv_heads
    split = kv_cache.dim() == 5 and (kv_cache.shape[1], *kv_cache.shape[3:]) == (2, heads, head_dim)
    packed = kv_cache.dim() == 4 and (kv_cache.shape[1], kv_cache.shape[3]) == (heads, 2 * head_dim)
    if not (split or packed) or heads == 0 or kv_cache.stride(-1) != 1:
        shapes = f"[pages, 2, page_size, {heads}, {head_dim}] and [pages, {heads}, page_size, {2 * head_dim}]"
        raise ValueError(f"kv_cache is {tuple(kv_cache.shape)} with strides {kv_cache.stride()}; allowed are {shapes}")
    if kv_cache.shape[0] * kv_cache.shape[2] > 2**31 - 1:
        raise ValueError(f"kv_cache has {kv_cache.shape[0] * kv_cache.shape[2]} slots; at most {2**31 - 1} are allowed")
    if slot_mapping.shape != qkv.shape[:1] or not slot_mapping.is_contiguous():
        raise ValueError(f"slot_mapping is {tuple(slot_mapping.shape)} for {qkv.shape[0]} rows; one each, contiguous")
