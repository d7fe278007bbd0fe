"""Writes K and V where slot_mapping says; two padding tokens may not end in the same place."""

import triton
import triton.language as tl


@triton.jit
def qnorm_rope(
    qkv,
    q_weight,
    k_weight,
    cos_sin,
    positions,
    slot_mapping,
    q_out,
    kv_cache,
    num_qo_heads,
    num_kv_heads,
    qkv_stride,
    page_size,
    page_stride,
    eps,
    head_dim: tl.constexpr,
):
    """Program (token, head) of a layer with pages [2, page_size, num_kv_heads, head_dim] and full rotary embedding."""
    half: tl.constexpr = head_dim // 2
    token = tl.program_id(0).to(tl.int64)
    head = tl.program_id(1)
    pair = tl.arange(0, half)
    row = qkv + token * qkv_stride + head * head_dim
    low = tl.load(row + pair).to(tl.float32)
    high = tl.load(row + half + pair).to(tl.float32)
    scale = tl.rsqrt(tl.sum(low * low + high * high) / head_dim + eps)
    low *= scale
    high *= scale
    if head < num_qo_heads + num_kv_heads:
        weight = k_weight
        if head < num_qo_heads:
            weight = q_weight
        low *= tl.load(weight + pair).to(tl.float32)
        high *= tl.load(weight + half + pair).to(tl.float32)
        table = cos_sin + tl.load(positions + token) * head_dim
        cos = tl.load(table + pair)
        sin = tl.load(table + half + pair)
        turned = low * cos - high * sin
        high = high * cos + low * sin
        low = turned
    if head < num_qo_heads:
        out = q_out + (token * num_qo_heads + head) * head_dim
        tl.store(out + pair, low.to(tl.bfloat16))
        tl.store(out + half + pair, high.to(tl.bfloat16))
    else:
        slot = tl.load(slot_mapping + token)
        live = tl.broadcast_to(slot >= 0, pair.shape)
        slot = tl.maximum(slot, 0)
        page = slot // page_size
        which = (head - num_qo_heads) // num_kv_heads
        vector = (which * page_size + slot % page_size) * num_kv_heads + (head - num_qo_heads) % num_kv_heads
        place = kv_cache + page * page_stride + vector * head_dim
        tl.store(place + pair, low.to(tl.bfloat16), mask=live)
        tl.store(place + half + pair, high.to(tl.bfloat16), mask=live)
