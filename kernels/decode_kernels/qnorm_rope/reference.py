"""Torch references of qnorm_rope: its meaning in float64, and the eager bfloat16 path that measures an honest error."""

import torch
from torch import Tensor

ROPE_THETA = {256: 1e4, 512: 1e6}  # sliding and full layers of Gemma 4, by head_dim

Outputs = tuple[Tensor, Tensor, Tensor]


def run(
    qkv: Tensor,
    q_weight: Tensor,
    k_weight: Tensor,
    cos_sin: Tensor,
    positions: Tensor,
    eps: float,
    num_qo_heads: int,
    num_kv_heads: int,
) -> Outputs:
    """q_out, k_out, v_out `[num_tokens, heads, head_dim]` in qkv's dtype: float64 from the table, rounded once."""
    cos, sin = cos_sin[positions].double().chunk(2, dim=-1)
    outputs = norm_and_rotate(qkv, q_weight, k_weight, cos, sin, eps, num_qo_heads, num_kv_heads)
    return tuple(output.to(qkv.dtype) for output in outputs)


def reference(
    qkv: Tensor,
    q_weight: Tensor,
    k_weight: Tensor,
    positions: Tensor,
    eps: float,
    num_qo_heads: int,
    num_kv_heads: int,
    num_rotary_pairs: int,
) -> Outputs:
    """Outputs in float64, unrounded; the angle is the model's own: float32 inverse frequency x float32 position."""
    angle = angles(positions, q_weight.shape[0], num_rotary_pairs).double()
    return norm_and_rotate(qkv, q_weight, k_weight, angle.cos(), angle.sin(), eps, num_qo_heads, num_kv_heads)


def naive(
    qkv: Tensor,
    q_weight: Tensor,
    k_weight: Tensor,
    positions: Tensor,
    eps: float,
    num_qo_heads: int,
    num_kv_heads: int,
    num_rotary_pairs: int,
) -> Outputs:
    """Outputs as transformers eager computes them: norm in float32, rotation in qkv's dtype, rounded at each step."""
    head_dim = q_weight.shape[0]
    q, k, v = split_heads(qkv, head_dim, num_qo_heads, num_kv_heads)
    angle = angles(positions, head_dim, num_rotary_pairs).double()
    identity = torch.zeros(len(positions), head_dim // 2 - num_rotary_pairs, dtype=torch.float64)
    angle = torch.cat([angle, identity] * 2, dim=-1)[:, None]
    cos, sin = angle.cos().float().to(qkv.dtype), angle.sin().float().to(qkv.dtype)
    q, k = naive_norm(q, eps, q_weight), naive_norm(k, eps, k_weight)
    return q * cos + rotate_half(q) * sin, k * cos + rotate_half(k) * sin, naive_norm(v, eps, None)


def naive_norm(x: Tensor, eps: float, weight: Tensor | None) -> Tensor:
    """RMSNorm in float32 with one cast; mean and power rounded correctly, where torch's depend on the machine."""
    mean = x.double().pow(2).mean(-1, keepdim=True).float()
    normed = x.float() * (mean + eps).double().rsqrt().float()
    return (normed if weight is None else normed * weight.float()).to(x.dtype)


def rotate_half(x: Tensor) -> Tensor:
    """(-second half, first half)."""
    low, high = x.chunk(2, dim=-1)
    return torch.cat([-high, low], dim=-1)


def norm_and_rotate(
    qkv: Tensor,
    q_weight: Tensor,
    k_weight: Tensor,
    cos: Tensor,
    sin: Tensor,
    eps: float,
    num_qo_heads: int,
    num_kv_heads: int,
) -> Outputs:
    """The op in float64; `cos` and `sin` are `[num_tokens, num_rotary_pairs]`."""
    q, k, v = split_heads(qkv.double(), q_weight.shape[0], num_qo_heads, num_kv_heads)
    return (
        rotate(norm(q, eps) * q_weight.double(), cos, sin),
        rotate(norm(k, eps) * k_weight.double(), cos, sin),
        norm(v, eps),
    )


def norm(x: Tensor, eps: float) -> Tensor:
    """x / sqrt(mean(x^2) + eps) over the last dimension."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate the first pairs (i, i + head_dim / 2), as many as there are angles; the others stay."""
    pairs, half = cos.shape[-1], x.shape[-1] // 2
    cos, sin = cos[:, None], sin[:, None]
    low, high = x[..., :pairs], x[..., half : half + pairs]
    rotated = x.clone()
    rotated[..., :pairs] = low * cos - high * sin
    rotated[..., half : half + pairs] = high * cos + low * sin
    return rotated


def split_heads(qkv: Tensor, head_dim: int, num_qo_heads: int, num_kv_heads: int) -> Outputs:
    """q, k and v heads of packed rows; what follows them in a row is padding."""
    counts = [num_qo_heads, num_kv_heads, num_kv_heads]
    packed = qkv[:, : sum(counts) * head_dim].unflatten(-1, (sum(counts), head_dim))
    return packed.split(counts, dim=1)


def angles(positions: Tensor, head_dim: int, num_rotary_pairs: int) -> Tensor:
    """Angle of each pair at each position, `[num_tokens, num_rotary_pairs]`: a float32 product, as in the model."""
    exponents = torch.arange(num_rotary_pairs, dtype=torch.float64) * 2 / head_dim
    inverse_frequencies = 1.0 / (ROPE_THETA[head_dim] ** exponents).float()
    return positions.float()[:, None] * inverse_frequencies


def cos_sin_table(max_position: int, head_dim: int, num_rotary_pairs: int) -> Tensor:
    """The derived input cos_sin `[max_position, 2 * num_rotary_pairs]` in float32: cosines, then sines."""
    angle = angles(torch.arange(max_position), head_dim, num_rotary_pairs).double()
    return torch.cat([angle.cos(), angle.sin()], dim=-1).float()
