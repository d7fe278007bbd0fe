"""Rotates pairs of dims that lie a fixed distance apart; which distance decides the kind of rotary embedding."""

import triton
import triton.language as tl


@triton.jit
def qnorm_rope(
    qkv,
    q_weight,
    cos_sin,
    positions,
    q_out,
    num_qo_heads,
    qkv_stride,
    eps,
    head_dim: tl.constexpr,
    num_rotary_pairs: tl.constexpr,
):
    """Program (token, head) of a layer without k and v heads."""
    distance: tl.constexpr = num_rotary_pairs
    token = tl.program_id(0).to(tl.int64)
    head = tl.program_id(1)
    dim = tl.arange(0, head_dim)
    other = dim ^ distance
    pair = dim & ~distance
    row = qkv + token * qkv_stride + head * head_dim
    x = tl.load(row + dim).to(tl.float32)
    scale = tl.rsqrt(tl.sum(x * x) / head_dim + eps)
    normed = x * scale * tl.load(q_weight + dim).to(tl.float32)
    partner = tl.load(row + other).to(tl.float32) * scale * tl.load(q_weight + other).to(tl.float32)
    live = pair < num_rotary_pairs
    table = cos_sin + tl.load(positions + token) * (2 * num_rotary_pairs)
    cos = tl.load(table + pair, mask=live, other=1.0)
    sin = tl.load(table + num_rotary_pairs + pair, mask=live, other=0.0)
    rotated = normed * cos + tl.where(dim < other, -partner, partner) * sin
    tl.store(q_out + (token * num_qo_heads + head) * head_dim + dim, rotated.to(tl.bfloat16))
