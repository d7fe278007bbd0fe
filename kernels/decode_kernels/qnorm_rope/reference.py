"""Torch references of qnorm_rope: its meaning in float64, and the eager path that measures an honest error."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Outputs = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Layer:
    """What does not change from step to step, in the words of definition.json."""

    num_qo_heads: int
    num_kv_heads: int
    pair_distance: int
    round_intermediate: int = 0
    v_norm: bool = True
    k_eq_v: bool = False


def run(
    qkv: Tensor, q_weight: Tensor, k_weight: Tensor, cos_sin: Tensor, positions: Tensor, eps: float, layer: Layer
) -> Outputs:
    """q, k, v `[num_tokens, heads, head_dim]` in qkv's dtype, turned by the table; float64 rounded once, or eager."""
    cos, sin = cos_sin[positions].chunk(2, dim=-1)
    if layer.round_intermediate:
        return norm_and_rotate_eagerly(qkv, q_weight, k_weight, cos, sin, eps, layer)
    outputs = norm_and_rotate(qkv, q_weight, k_weight, cos.double(), sin.double(), eps, layer)
    return tuple(output.to(qkv.dtype) for output in outputs)


def reference(qkv: Tensor, q_weight: Tensor, k_weight: Tensor, angle: Tensor, eps: float, layer: Layer) -> Outputs:
    """q, k, v in float64, unrounded; `angle` is that of `angles`, by which the model is defined."""
    return norm_and_rotate(qkv, q_weight, k_weight, angle.double().cos(), angle.double().sin(), eps, layer)


def naive(qkv: Tensor, q_weight: Tensor, k_weight: Tensor, angle: Tensor, eps: float, layer: Layer) -> Outputs:
    """q, k, v as transformers eager computes them: norm in float32, rotation in qkv's dtype, rounded at each step."""
    cos, sin = angle.double().cos().float(), angle.double().sin().float()
    return norm_and_rotate_eagerly(qkv, q_weight, k_weight, cos, sin, eps, layer)


def norm_and_rotate(
    qkv: Tensor, q_weight: Tensor, k_weight: Tensor, cos: Tensor, sin: Tensor, eps: float, layer: Layer
) -> Outputs:
    """The op in float64; `cos` and `sin` are `[num_tokens, num_rotary_pairs]`."""
    q, k, v = split_heads(qkv.double(), q_weight.shape[0], layer)
    return (
        rotate(norm(q, eps) * q_weight.double(), cos, sin, layer.pair_distance),
        rotate(norm(k, eps) * k_weight.double(), cos, sin, layer.pair_distance),
        norm(v, eps) if layer.v_norm else v,
    )


def norm_and_rotate_eagerly(
    qkv: Tensor,
    q_weight: Tensor,
    k_weight: Tensor,
    cos: Tensor,
    sin: Tensor,
    eps: float,
    layer: Layer,
    scale_of: Callable[[Tensor, float], Tensor] | None = None,
) -> Outputs:
    """The op in qkv's dtype, rounded as Gemma 4's modules round, or with round_intermediate 2 as those of Qwen 3.

    `scale_of(x, eps)` may replace the float32 factor of the norm, which is all that torch leaves to the machine.
    """
    q, k, v = split_heads(qkv, q_weight.shape[0], layer)
    cos, sin = cos.to(qkv.dtype), sin.to(qkv.dtype)
    early = layer.round_intermediate == 2
    scales = [(scale_of or eager_scale)(x, eps) for x in (q, k, v)]
    return (
        rotate(eager_norm(q, scales[0], q_weight, early), cos, sin, layer.pair_distance),
        rotate(eager_norm(k, scales[1], k_weight, early), cos, sin, layer.pair_distance),
        eager_norm(v, scales[2], None, early) if layer.v_norm else v,
    )


def norm(x: Tensor, eps: float) -> Tensor:
    """x / sqrt(mean(x^2) + eps) over the last dimension."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)


def eager_scale(x: Tensor, eps: float) -> Tensor:
    """(mean(x^2) + eps)^(-1/2) in float32, mean and power rounded correctly."""
    mean = x.double().pow(2).mean(-1, keepdim=True).float()
    return (mean + eps).double().rsqrt().float()


def eager_norm(x: Tensor, scale: Tensor, weight: Tensor | None, casts_before_weight: bool) -> Tensor:
    """x * scale * weight in float32 with one cast, or cast before the weight and after it."""
    normed = x.float() * scale
    if weight is None:
        return normed.to(x.dtype)
    if casts_before_weight:
        return normed.to(x.dtype) * weight
    return (normed * weight.float()).to(x.dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor, distance: int) -> Tensor:
    """Turn the first pairs (i, i + distance), as many as there are angles, rounded as x's dtype rounds; others stay."""
    pairs = cos.shape[-1]
    cos, sin = cos[:, None], sin[:, None]
    low, high = x[..., :pairs], x[..., distance : distance + pairs]
    rotated = x.clone()
    rotated[..., :pairs] = low * cos - high * sin
    rotated[..., distance : distance + pairs] = high * cos + low * sin
    return rotated


def split_heads(qkv: Tensor, head_dim: int, layer: Layer) -> Outputs:
    """q, k and v heads of packed rows; what follows them in a row is padding."""
    counts = [layer.num_qo_heads, *[layer.num_kv_heads] * (1 if layer.k_eq_v else 2)]
    packed = qkv[:, : sum(counts) * head_dim].unflatten(-1, (sum(counts), head_dim))
    q, k, *v = packed.split(counts, dim=1)
    return q, k, v[0] if v else k


def angles(positions: Tensor, num_rotary_pairs: int, pair_distance: int, rope_theta: float) -> Tensor:
    """Angle of each pair at each position, `[num_tokens, num_rotary_pairs]`: a float32 product, as in the model."""
    exponents = torch.arange(num_rotary_pairs, dtype=torch.float64) / pair_distance
    inverse_frequencies = 1.0 / (rope_theta**exponents).float()
    return positions.float()[:, None] * inverse_frequencies


def cos_sin_table(max_position: int, num_rotary_pairs: int, pair_distance: int, rope_theta: float) -> Tensor:
    """The derived input cos_sin `[max_position, 2 * num_rotary_pairs]` in float32: cosines, then sines."""
    angle = angles(torch.arange(max_position), num_rotary_pairs, pair_distance, rope_theta).double()
    return torch.cat([angle.cos(), angle.sin()], dim=-1).float()
