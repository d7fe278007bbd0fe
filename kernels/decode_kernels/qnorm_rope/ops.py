"""The operator torch.ops.decode_kernels.qnorm_rope: torch on cpu, the Triton kernel on cuda, shapes for tracing."""

from typing import Optional

import torch
from torch import Tensor

from . import kv_cache as cache
from .reference import Layer, Outputs, run
from .refusals import check


@torch.library.custom_op("decode_kernels::qnorm_rope", mutates_args=("kv_cache",), device_types="cpu")
def qnorm_rope(
    qkv: Tensor,
    q_weight: Tensor,
    k_weight: Tensor,
    cos_sin: Tensor,
    positions: Tensor,
    kv_cache: Optional[Tensor],  # noqa: UP045  torch 2.6 infers no schema from `Tensor | None`
    slot_mapping: Optional[Tensor],  # noqa: UP045
    eps: float,
    num_qo_heads: int,
    num_kv_heads: int,
    pair_distance: int,
    round_intermediate: int = 0,
    v_norm: bool = True,
    k_eq_v: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """q_out, k_out, v_out `[num_tokens, heads, head_dim]`; with a cache K and V go there, k_out and v_out are empty."""
    layer = Layer(num_qo_heads, num_kv_heads, pair_distance, round_intermediate, v_norm, k_eq_v)
    check(qkv, q_weight, k_weight, cos_sin, positions, kv_cache, slot_mapping, layer)
    q, k, v = run(qkv, q_weight, k_weight, cos_sin, positions, eps, layer)
    q_out, k_out, v_out = empty_outputs(qkv, q_weight.shape[0], layer, kv_cache)
    q_out.copy_(q)
    if kv_cache is None:
        k_out.copy_(k)
        v_out.copy_(v)
    else:
        cache.write(kv_cache, slot_mapping, k, v)
    return q_out, k_out, v_out


@qnorm_rope.register_fake
def _(qkv, q_weight, k_weight, cos_sin, positions, kv_cache, slot_mapping, eps, *layer):
    layer = Layer(*layer)
    check(qkv, q_weight, k_weight, cos_sin, positions, kv_cache, slot_mapping, layer)
    return empty_outputs(qkv, q_weight.shape[0], layer, kv_cache)


@qnorm_rope.register_kernel("cuda")
def launch(qkv, q_weight, k_weight, cos_sin, positions, kv_cache, slot_mapping, eps, *layer):
    """One launch of the Triton kernel; the same arguments and outputs."""
    from .qnorm_rope_triton import qnorm_rope as kernel

    layer = Layer(*layer)
    check(qkv, q_weight, k_weight, cos_sin, positions, kv_cache, slot_mapping, layer)
    num_tokens, head_dim, num_rotary_pairs = qkv.shape[0], q_weight.shape[0], cos_sin.shape[1] // 2
    outputs = empty_outputs(qkv, head_dim, layer, kv_cache)
    strides = cache.CacheStrides(0, 0, 0, 0, 0) if kv_cache is None else cache.strides_of(kv_cache, head_dim)
    if num_tokens > 0:
        kernel[(num_tokens, layer.num_qo_heads + 2 * layer.num_kv_heads)](
            qkv,
            q_weight,
            k_weight,
            cos_sin,
            positions,
            positions if slot_mapping is None else slot_mapping,  # not read without a cache
            *outputs,
            qkv if kv_cache is None else kv_cache,  # not written without a cache
            layer.num_qo_heads,
            layer.num_kv_heads,
            layer.num_qo_heads + (0 if layer.k_eq_v else layer.num_kv_heads),
            qkv.stride(0),
            int(layer.v_norm),
            strides.page_size,
            strides.page,
            strides.slot,
            strides.head,
            strides.value,
            eps,
            head_dim,
            num_rotary_pairs,
            layer.pair_distance,
            layer.round_intermediate,
            num_warps=1,
        )
    return outputs


def empty_outputs(qkv: Tensor, head_dim: int, layer: Layer, kv_cache: Tensor | None) -> Outputs:
    """Uninitialised outputs."""
    kv_heads = layer.num_kv_heads if kv_cache is None else 0
    return tuple(qkv.new_empty(qkv.shape[0], count, head_dim) for count in (layer.num_qo_heads, kv_heads, kv_heads))
