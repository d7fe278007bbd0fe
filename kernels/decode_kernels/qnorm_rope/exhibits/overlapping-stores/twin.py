"""Stores the normed row, then its rotated part; right only if no address belongs to both stores."""

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
    token = tl.program_id(0).to(tl.int64)
    head = tl.program_id(1)
    half: tl.constexpr = head_dim // 2
    dim = tl.arange(0, head_dim)
    row = qkv + token * qkv_stride + head * head_dim
    out = q_out + (token * num_qo_heads + head) * head_dim
    x = tl.load(row + dim).to(tl.float32)
    scale = tl.rsqrt(tl.sum(x * x) / head_dim + eps)
    normed = x * scale * tl.load(q_weight + dim).to(tl.float32)
    tl.store(out + dim, normed.to(tl.bfloat16), mask=dim % half >= num_rotary_pairs)
    pair = tl.arange(0, num_rotary_pairs)
    low = tl.load(row + pair).to(tl.float32) * scale * tl.load(q_weight + pair).to(tl.float32)
    high = tl.load(row + half + pair).to(tl.float32) * scale * tl.load(q_weight + half + pair).to(tl.float32)
    table = cos_sin + tl.load(positions + token) * (2 * num_rotary_pairs)
    cos = tl.load(table + pair)
    sin = tl.load(table + num_rotary_pairs + pair)
    tl.store(out + pair, (low * cos - high * sin).to(tl.bfloat16))
    tl.store(out + half + pair, (high * cos + low * sin).to(tl.bfloat16))
