"""Fused RMSNorm and RoPE of one packed qkv row in Triton: one program per token and head, one warp per program."""

import triton
import triton.language as tl


@triton.jit
def rotate(low, high, weight, cos_sin, position, head_dim: tl.constexpr, num_rotary_pairs: tl.constexpr):
    """Weight and rotate the pairs (i, i + head_dim / 2); pairs from num_rotary_pairs on are identity."""
    pair = tl.arange(0, head_dim // 2)
    live = pair < num_rotary_pairs
    low *= tl.load(weight + pair).to(tl.float32)
    high *= tl.load(weight + head_dim // 2 + pair).to(tl.float32)
    table = cos_sin + position * (2 * num_rotary_pairs)
    cos = tl.load(table + pair, mask=live, other=1.0)
    sin = tl.load(table + num_rotary_pairs + pair, mask=live, other=0.0)
    return low * cos - high * sin, high * cos + low * sin


@triton.jit
def store(out, low, high, head_dim: tl.constexpr):
    """Store both halves of one head; every address is written once."""
    pair = tl.arange(0, head_dim // 2)
    tl.store(out + pair, low.to(tl.bfloat16))
    tl.store(out + head_dim // 2 + pair, high.to(tl.bfloat16))


@triton.jit
def norm_rope(
    qkv,
    q_weight,
    k_weight,
    cos_sin,
    positions,
    q_out,
    k_out,
    v_out,
    num_qo_heads,
    num_kv_heads,
    qkv_stride,
    eps,
    head_dim: tl.constexpr,
    num_rotary_pairs: tl.constexpr,
):
    """Program (token, head) reads head `head` of the packed row and writes it to q_out, k_out or v_out."""
    token = tl.program_id(0).to(tl.int64)
    head = tl.program_id(1)
    pair = tl.arange(0, head_dim // 2)
    row = qkv + token * qkv_stride + head * head_dim
    low = tl.load(row + pair).to(tl.float32)
    high = tl.load(row + head_dim // 2 + pair).to(tl.float32)
    scale = tl.rsqrt(tl.sum(low * low + high * high) / head_dim + eps)
    low *= scale
    high *= scale
    if head < num_qo_heads:
        position = tl.load(positions + token)
        low, high = rotate(low, high, q_weight, cos_sin, position, head_dim, num_rotary_pairs)
        store(q_out + (token * num_qo_heads + head) * head_dim, low, high, head_dim)
    elif head < num_qo_heads + num_kv_heads:
        position = tl.load(positions + token)
        low, high = rotate(low, high, k_weight, cos_sin, position, head_dim, num_rotary_pairs)
        store(k_out + (token * num_kv_heads + head - num_qo_heads) * head_dim, low, high, head_dim)
    else:
        store(v_out + (token * num_kv_heads + head - num_qo_heads - num_kv_heads) * head_dim, low, high, head_dim)
