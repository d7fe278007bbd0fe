"""The operator torch.ops.decode_kernels.qnorm_rope: float64 on cpu, the Triton kernel on cuda, shapes for tracing."""

import torch
from torch import Tensor

from . import reference


@torch.library.custom_op("decode_kernels::qnorm_rope", mutates_args=(), device_types="cpu")
def qnorm_rope(
    qkv: Tensor,
    q_weight: Tensor,
    k_weight: Tensor,
    cos_sin: Tensor,
    positions: Tensor,
    eps: float,
    num_qo_heads: int,
    num_kv_heads: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """q_out, k_out, v_out `[num_tokens, heads, head_dim]` of packed rows `qkv` (a strided view is fine)."""
    check(qkv, q_weight, cos_sin, num_qo_heads, num_kv_heads)
    return reference.run(qkv, q_weight, k_weight, cos_sin, positions, eps, num_qo_heads, num_kv_heads)


@qnorm_rope.register_fake
def _(qkv, q_weight, k_weight, cos_sin, positions, eps, num_qo_heads, num_kv_heads):
    check(qkv, q_weight, cos_sin, num_qo_heads, num_kv_heads)
    return empty_outputs(qkv, q_weight.shape[0], num_qo_heads, num_kv_heads)


@qnorm_rope.register_kernel("cuda")
def _(qkv, q_weight, k_weight, cos_sin, positions, eps, num_qo_heads, num_kv_heads):
    from .qnorm_rope_triton import qnorm_rope as kernel

    check(qkv, q_weight, cos_sin, num_qo_heads, num_kv_heads)
    num_tokens, head_dim, num_rotary_pairs = qkv.shape[0], q_weight.shape[0], cos_sin.shape[1] // 2
    outputs = empty_outputs(qkv, head_dim, num_qo_heads, num_kv_heads)
    if num_tokens > 0:
        kernel[(num_tokens, num_qo_heads + 2 * num_kv_heads)](
            qkv,
            q_weight,
            k_weight,
            cos_sin,
            positions,
            *outputs,
            num_qo_heads,
            num_kv_heads,
            qkv.stride(0),
            eps,
            head_dim,
            num_rotary_pairs,
            num_warps=1,
        )
    return outputs


def check(qkv: Tensor, q_weight: Tensor, cos_sin: Tensor, num_qo_heads: int, num_kv_heads: int) -> None:
    """Refuse what the kernels cannot address."""
    head_dim, needed = q_weight.shape[0], (num_qo_heads + 2 * num_kv_heads) * q_weight.shape[0]
    if qkv.dtype != torch.bfloat16 or cos_sin.dtype != torch.float32:
        raise TypeError(f"qkv is {qkv.dtype} and cos_sin {cos_sin.dtype}; allowed are bfloat16 and float32")
    if qkv.dim() != 2 or qkv.shape[1] < needed or qkv.stride(1) != 1:
        raise ValueError(f"qkv is {tuple(qkv.shape)} with strides {qkv.stride()}; rows of {needed} elements are needed")
    if cos_sin.shape[1] % 2 != 0 or cos_sin.shape[1] > head_dim or not cos_sin.is_contiguous():
        raise ValueError(
            f"cos_sin is {tuple(cos_sin.shape)}; an even width of at most {head_dim} is allowed, contiguous"
        )


def empty_outputs(qkv: Tensor, head_dim: int, num_qo_heads: int, num_kv_heads: int) -> tuple[Tensor, Tensor, Tensor]:
    """Uninitialised outputs."""
    counts = (num_qo_heads, num_kv_heads, num_kv_heads)
    return tuple(qkv.new_empty(qkv.shape[0], count, head_dim) for count in counts)
