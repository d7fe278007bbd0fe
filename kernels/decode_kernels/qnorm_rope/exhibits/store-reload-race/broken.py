"""Stores the normed row and reloads it rotated by half a head; only a barrier between the two makes that right."""

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
    dim = tl.arange(0, head_dim)
    pair = dim % (head_dim // 2)
    x = tl.load(qkv + token * qkv_stride + head * head_dim + dim).to(tl.float32)
    scale = tl.rsqrt(tl.sum(x * x) / head_dim + eps)
    normed = x * scale * tl.load(q_weight + dim).to(tl.float32)
    table = cos_sin + tl.load(positions + token) * (2 * num_rotary_pairs)
    live = pair < num_rotary_pairs
    cos = tl.load(table + pair, mask=live, other=1.0)
    sin = tl.load(table + num_rotary_pairs + pair, mask=live, other=0.0)
    out = q_out + (token * num_qo_heads + head) * head_dim
    tl.store(out + dim, normed.to(tl.bfloat16))
    partner = tl.load(out + (dim + head_dim // 2) % head_dim).to(tl.float32)
    tl.debug_barrier()
    rotated = normed * cos + tl.where(dim < head_dim // 2, -partner, partner) * sin
    tl.store(out + dim, rotated.to(tl.bfloat16))
