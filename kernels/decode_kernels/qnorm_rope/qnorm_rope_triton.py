"""RMSNorm, RoPE and KV-cache write of packed qkv rows in Triton: one program per token and head, one warp each."""

import triton
import triton.language as tl


@triton.jit
def rounded(x, dtype: tl.constexpr):
    """`x` as the activation type holds it."""
    return x.to(dtype).to(tl.float32)


@triton.jit
def normed(x, scale, weight, dtype: tl.constexpr, round_intermediate: tl.constexpr):
    """x * scale * weight, rounded as `round_intermediate` says: 1 once, 2 before the weight too."""
    x *= scale
    if round_intermediate == 2:
        x = rounded(x, dtype)
    x *= weight
    if round_intermediate != 0:
        x = rounded(x, dtype)
    return x


@triton.jit
def rotated(low, high, cos, sin, dtype: tl.constexpr, round_intermediate: tl.constexpr):
    """Both halves of each pair turned by its angle."""
    low_cos, high_cos, low_sin, high_sin = low * cos, high * cos, low * sin, high * sin
    if round_intermediate != 0:
        low_cos, high_cos = rounded(low_cos, dtype), rounded(high_cos, dtype)
        low_sin, high_sin = rounded(low_sin, dtype), rounded(high_sin, dtype)
    return low_cos - high_sin, high_cos + low_sin


@triton.jit
def store(to, low_dim, high_dim, low, high):
    """Store one head; every address is written once."""
    tl.store(to + low_dim, low.to(to.dtype.element_ty))
    tl.store(to + high_dim, high.to(to.dtype.element_ty))


@triton.jit
def qnorm_rope(
    qkv,
    q_weight,
    k_weight,
    cos_sin,
    positions,
    slot_mapping,
    q_out,
    k_out,
    v_out,
    kv_cache,
    num_qo_heads,
    num_kv_heads,
    first_value_head,
    qkv_stride,
    v_norm,
    page_size,
    page_stride,
    slot_stride,
    head_stride,
    value_offset,
    eps,
    head_dim: tl.constexpr,
    num_rotary_pairs: tl.constexpr,
    pair_distance: tl.constexpr,
    round_intermediate: tl.constexpr,
):
    """Program (token, head) takes one head of the packed row to q_out, to k_out or v_out, or to the token's slot."""
    dtype: tl.constexpr = qkv.dtype.element_ty
    token = tl.program_id(0).to(tl.int64)
    head = tl.program_id(1)
    is_query = head < num_qo_heads
    is_value = head >= num_qo_heads + num_kv_heads
    kv_head = head - num_qo_heads
    source_head = head
    if is_value:
        kv_head -= num_kv_heads
        source_head = first_value_head + kv_head
    pair = tl.arange(0, head_dim // 2)
    low_dim = pair // pair_distance * (2 * pair_distance) + pair % pair_distance
    high_dim = low_dim + pair_distance
    rotates = (pair < num_rotary_pairs) & ~is_value

    # Every load comes before the first use, so that their latencies overlap.
    row = qkv + token * qkv_stride + source_head * head_dim
    low = tl.load(row + low_dim)
    high = tl.load(row + high_dim)
    slot = tl.load(slot_mapping + token, mask=(page_size > 0) & ~is_query, other=-1)
    is_query_or_key = tl.broadcast_to(~is_value, pair.shape)
    weight = k_weight
    if is_query:
        weight = q_weight
    low_weight = tl.load(weight + low_dim, mask=is_query_or_key, other=1.0)
    high_weight = tl.load(weight + high_dim, mask=is_query_or_key, other=1.0)
    table = cos_sin + tl.load(positions + token) * (2 * num_rotary_pairs) + pair
    cos = tl.load(table, mask=rotates, other=1.0)
    sin = tl.load(table + num_rotary_pairs, mask=rotates, other=0.0)

    low = low.to(tl.float32)
    high = high.to(tl.float32)
    scale = tl.rsqrt(tl.sum(low * low + high * high) * (1.0 / head_dim) + eps)
    scale = tl.where(is_value & (v_norm == 0), 1.0, scale)
    low = normed(low, scale, low_weight.to(tl.float32), dtype, round_intermediate)
    high = normed(high, scale, high_weight.to(tl.float32), dtype, round_intermediate)
    if round_intermediate != 0:
        cos = rounded(cos, dtype)
        sin = rounded(sin, dtype)
    turned_low, turned_high = rotated(low, high, cos, sin, dtype, round_intermediate)
    low = tl.where(rotates, turned_low, low)
    high = tl.where(rotates, turned_high, high)

    if is_query:
        store(q_out + (token * num_qo_heads + head) * head_dim, low_dim, high_dim, low, high)
    elif page_size > 0:
        if slot >= 0:
            page = (slot.to(tl.int32) // page_size).to(tl.int64)
            offset = (slot.to(tl.int32) % page_size).to(tl.int64)
            to = kv_cache + page * page_stride + offset * slot_stride + kv_head.to(tl.int64) * head_stride
            if is_value:
                to += value_offset
            store(to, low_dim, high_dim, low, high)
    elif is_value:
        store(v_out + (token * num_kv_heads + kv_head) * head_dim, low_dim, high_dim, low, high)
    else:
        store(k_out + (token * num_kv_heads + kv_head) * head_dim, low_dim, high_dim, low, high)
