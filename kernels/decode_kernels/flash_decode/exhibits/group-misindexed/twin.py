"""Query heads in groups of consecutive ones."""

import triton
import triton.language as tl

LOG2E: tl.constexpr = tl.constexpr(1.4426950408889634)
MINUS_INF: tl.constexpr = tl.constexpr(float("-inf"))


@triton.jit
def partial(
    q,
    kv_cache,
    block_table,
    kv_lens,
    partial_out,
    partial_lse,
    q_len,
    num_qo_heads,
    num_kv_heads,
    page_size,
    max_pages,
    stride_page,
    stride_token,
    stride_head,
    stride_value,
    window,
    split_size,
    num_splits,
    scale,
    head_dim: tl.constexpr,
    block_rows: tl.constexpr,
):
    """Program (slot, kv head, sequence) attends one split for the rows (token, head of the group)."""
    slot = tl.program_id(0)
    kv_head = tl.program_id(1)
    sequence = tl.program_id(2)
    kv_len = tl.load(kv_lens + sequence)
    first_key = tl.maximum(kv_len - q_len + 1 - window, 0)
    split = first_key // split_size + slot
    stop = tl.minimum((split + 1) * split_size, kv_len)
    if split * split_size >= kv_len:
        return
    group = num_qo_heads // num_kv_heads
    row = tl.arange(0, block_rows)
    live_row = row < q_len * group
    head = kv_head * group + row % group
    place = (sequence * q_len + row // group) * num_qo_heads + head
    row_end = kv_len - q_len + 1 + row // group
    row_first = row_end - window
    dim = tl.arange(0, head_dim)
    queries = tl.load(q + place[:, None] * head_dim + dim[None, :], mask=live_row[:, None], other=0.0)
    cache = kv_cache + kv_head * stride_head
    top = tl.full([block_rows], MINUS_INF, tl.float32)
    total = tl.zeros([block_rows], tl.float32)
    out = tl.zeros([block_rows, head_dim], tl.float32)
    for tile in range(tl.maximum(split * split_size, first_key // 16 * 16), stop, 16):
        key = tile + tl.arange(0, 16)
        live_key = (key >= first_key) & (key < stop)
        page = tl.load(block_table + sequence * max_pages + key // page_size, mask=live_key, other=0)
        offset = page.to(tl.int64) * stride_page + key % page_size * stride_token
        keys = tl.load(cache + offset[None, :] + dim[:, None], mask=live_key[None, :], other=0.0)
        scores = tl.dot(queries, keys) * (scale * LOG2E)
        seen = (key[None, :] >= row_first[:, None]) & (key[None, :] < row_end[:, None]) & live_key[None, :]
        scores = tl.where(seen, scores, MINUS_INF)
        new_top = tl.maximum(top, tl.max(scores, axis=1))
        finite_top = tl.where(new_top == MINUS_INF, 0.0, new_top)
        weights = tl.exp2(scores - finite_top[:, None])
        kept = tl.exp2(top - finite_top)
        total = total * kept + tl.sum(weights, axis=1)
        top = new_top
        values = tl.load(cache + stride_value + offset[:, None] + dim[None, :], mask=live_key[:, None], other=0.0)
        out = tl.dot(weights.to(values.dtype), values, out * kept[:, None])
    empty = top == MINUS_INF
    out = out / tl.where(empty, 1.0, total)[:, None]
    lse = tl.where(empty, MINUS_INF, (top + tl.log2(total)) / LOG2E)
    place = place * num_splits + slot
    tl.store(partial_lse + place, lse, mask=live_row)
    tl.store(partial_out + place[:, None] * head_dim + dim[None, :], out, mask=live_row[:, None])


@triton.jit
def merge(
    partial_out,
    partial_lse,
    kv_lens,
    out,
    lse,
    q_len,
    num_qo_heads,
    window,
    split_size,
    num_splits,
    head_dim: tl.constexpr,
):
    """Program (token, q head) sums the row's splits, each with the weight of its lse."""
    token = tl.program_id(0)
    kv_len = tl.load(kv_lens + token // q_len)
    first_split = tl.maximum(kv_len - q_len + 1 - window, 0) // split_size
    end_split = (kv_len + split_size - 1) // split_size
    slots = end_split - first_split
    row = token * num_qo_heads + tl.program_id(1)
    dim = tl.arange(0, head_dim)
    top = MINUS_INF
    for slot in range(slots):
        top = tl.maximum(top, tl.load(partial_lse + row * num_splits + slot))
    empty = top == MINUS_INF
    finite_top = tl.where(empty, 0.0, top)
    total = 0.0
    merged = tl.zeros([head_dim], tl.float32)
    for slot in range(slots):
        place = row * num_splits + slot
        weight = tl.exp2((tl.load(partial_lse + place) - finite_top) * LOG2E)
        total += weight
        merged += weight * tl.load(partial_out + place * head_dim + dim)
    merged = merged / tl.where(empty, 1.0, total)
    tl.store(out + row * head_dim + dim, merged.to(out.dtype.element_ty))
    tl.store(lse + row, tl.where(empty, MINUS_INF, top + tl.log2(total) / LOG2E))
