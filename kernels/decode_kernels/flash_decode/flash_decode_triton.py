"""Split-KV attention for decode in Triton: `partial` attends one split of the keys, `merge` combines a row's splits.

A split is [s * split_size, (s + 1) * split_size) whatever the batch, and its tiles start at multiples of block_keys, so
that a row's sums are taken in one order: its bits do not depend on q_len, on the batch or on the number of programs.
"""

import triton
import triton.language as tl

# Scalars that Triton would otherwise compile in where they are 1: every step runs the same code.
ONE_BINARY = ["q_len", "num_qo_heads", "num_kv_heads", "page_size", "max_pages", "window", "num_splits"]
LOG2E: tl.constexpr = tl.constexpr(1.4426950408889634)
LN2: tl.constexpr = tl.constexpr(0.6931471805599453)
MINUS_INF: tl.constexpr = tl.constexpr(float("-inf"))
MERGED_SPLITS: tl.constexpr = tl.constexpr(16)  # that `merge` loads at once
MERGED_DIM: tl.constexpr = tl.constexpr(128)  # of head_dim, per program of `merge`


@triton.jit
def visible_splits(kv_len, q_len, window, split_size):
    """First key that any of the last q_len positions sees, and the first and the end of the splits with such keys."""
    first_key = tl.where(window > 0, tl.maximum(kv_len - q_len + 1 - window, 0), 0)
    return first_key, first_key // split_size, (kv_len + split_size - 1) // split_size


@triton.jit
def sum_of_parts(scores, parts: tl.constexpr, block_rows: tl.constexpr, block_keys: tl.constexpr):
    """[parts, rows, keys] summed over the parts, in pairs; the splits bring all parts of an element to one thread.

    tl.sum over warps goes through shared memory one part at a time, with as many bank conflicts as there are parts.
    """
    scores = tl.trans(scores, (1, 2, 0))
    if parts == 8:
        low, high = tl.split(scores.reshape(block_rows, block_keys, 4, 2))
        scores = low + high
    low, high = tl.split(scores.reshape(block_rows, block_keys, 2, 2))
    low, high = tl.split(low + high)
    return low + high


@triton.jit(do_not_specialize=ONE_BINARY)
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
    softcap,
    head_dim: tl.constexpr,
    block_rows: tl.constexpr,
    has_softcap: tl.constexpr,
):
    """Program (slot, kv head of a row block, sequence): one split for block_rows rows, each a token and a q head.

    Warps share out head_dim: the products of queries and keys are batches of partial dot products, summed over warps.
    The hints (2, 1, 8) have Triton spread a warp's lanes over the parts of head_dim before the keys; left to itself it
    swizzles shared memory by part, and the eight keys that one ldmatrix reads fall into the same banks.
    """
    block_keys: tl.constexpr = 32 if head_dim == 128 else 16
    parts: tl.constexpr = 8 if head_dim == 512 else 4  # as many as there are warps
    part_dim: tl.constexpr = head_dim // parts
    stages: tl.constexpr = 3 if head_dim * block_rows > 8192 else 5  # one or two tiles in shared memory, at most 99 KiB

    sequence = tl.program_id(2).to(tl.int64)
    kv_len = tl.load(kv_lens + sequence)
    first_key, first_split, end_split = visible_splits(kv_len, q_len, window, split_size)
    split = first_split + tl.program_id(0)
    if split >= end_split:
        return

    group = num_qo_heads // num_kv_heads
    kv_head = tl.program_id(1) % num_kv_heads
    row = tl.program_id(1) // num_kv_heads * block_rows + tl.arange(0, block_rows)
    live_row = row < q_len * group
    place = (sequence * q_len + row // group) * num_qo_heads + kv_head * group + row % group
    row_end = kv_len - q_len + 1 + row // group
    row_first = tl.where(window > 0, row_end - window, 0)
    dim = (tl.arange(0, parts) * part_dim)[:, None, None] + tl.arange(0, part_dim)[None, None, :]
    query_pointers = tl.max_contiguous(q + (place * head_dim)[None, :, None] + dim, (2, 1, 8))
    queries = tl.load(query_pointers, mask=live_row[None, :, None], other=0.0)

    page_bits = (page_size.to(tl.float32).to(tl.int32, bitcast=True) >> 23) - 127  # log2 of a power of two
    pages = block_table + sequence * max_pages
    cache = kv_cache + kv_head * stride_head + dim
    start = tl.maximum(split * split_size, first_key // block_keys * block_keys)
    stop = tl.minimum((split + 1) * split_size, kv_len)
    top = tl.full([block_rows, block_keys], MINUS_INF, tl.float32)  # of the row, the same in each column
    total = tl.zeros([block_rows, block_keys], tl.float32)  # of the keys in this column of the tiles
    out = tl.zeros([parts, block_rows, part_dim], tl.float32)
    for tile in tl.range(start, stop, block_keys, num_stages=stages):
        key = tile + tl.arange(0, block_keys)
        live_key = (key >= first_key) & (key < stop)
        page = tl.load(pages + (key >> page_bits), mask=live_key, other=0).to(tl.int64)
        offset = page * stride_page + (key & (page_size - 1)) * stride_token
        here = live_key[None, :, None]
        key_pointers = cache + offset[None, :, None]
        if head_dim > 128:
            key_pointers = tl.max_contiguous(key_pointers, (2, 1, 8))
        keys = tl.load(key_pointers, mask=here, other=0.0)
        value_pointers = tl.max_contiguous(cache + stride_value + offset[None, :, None], (2, 1, 8))
        values = tl.load(value_pointers, mask=here, other=0.0)

        scores = sum_of_parts(tl.dot(queries, tl.trans(keys, (0, 2, 1))), parts, block_rows, block_keys)
        if has_softcap:
            doubled = tl.exp2(scores * (scale / softcap * (2 * LOG2E)))
            scores = (1.0 - 2.0 / (doubled + 1.0)) * (softcap * LOG2E)
        else:
            scores *= scale * LOG2E
        seen = (key[None, :] >= row_first[:, None]) & (key[None, :] < row_end[:, None])
        scores = tl.where(seen & live_key[None, :], scores, MINUS_INF)

        new_top = tl.maximum(top, tl.max(scores, axis=1, keep_dims=True).broadcast_to(block_rows, block_keys))
        finite_top = tl.where(new_top == MINUS_INF, 0.0, new_top)
        kept = tl.exp2(top - finite_top)
        weights = tl.exp2(scores - finite_top)
        total = total * kept + weights
        top = new_top
        weights = (
            weights.to(values.dtype).reshape(1, block_rows, block_keys).broadcast_to(parts, block_rows, block_keys)
        )
        out = tl.dot(weights, values, out * tl.max(kept, axis=1)[None, :, None])

    top = tl.max(top, axis=1)
    total = tl.sum(total, axis=1)
    empty = top == MINUS_INF
    out = out / tl.where(empty, 1.0, total)[None, :, None]
    lse = tl.where(empty, MINUS_INF, (top + tl.log2(total)) * LN2)
    place = place * num_splits + tl.program_id(0)
    tl.store(partial_lse + place, lse, mask=live_row)
    tl.store(partial_out + (place * head_dim)[None, :, None] + dim, out, mask=live_row[None, :, None])


@triton.jit(do_not_specialize=ONE_BINARY)
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
    """Program (token, q head, part of head_dim): weighted mean over the row's splits; without any, 0 and -inf.

    Splits are taken in groups that start at multiples of MERGED_SPLITS, so that which one is first changes no bit.
    """
    token = tl.program_id(0).to(tl.int64)
    kv_len = tl.load(kv_lens + token // q_len)
    _, first_split, end_split = visible_splits(kv_len, q_len, window, split_size)
    row = token * num_qo_heads + tl.program_id(1)
    dim = tl.program_id(2) * MERGED_DIM + tl.arange(0, MERGED_DIM)
    first_group = first_split // MERGED_SPLITS * MERGED_SPLITS
    first_slot = row * num_splits - first_split

    top = MINUS_INF
    for group in range(first_group, end_split, MERGED_SPLITS):
        split = group + tl.arange(0, MERGED_SPLITS)
        live = (split >= first_split) & (split < end_split)
        top = tl.maximum(top, tl.max(tl.load(partial_lse + first_slot + split, mask=live, other=MINUS_INF)))
    empty = top == MINUS_INF
    finite_top = tl.where(empty, 0.0, top)

    total = 0.0
    merged = tl.zeros([MERGED_DIM], tl.float32)
    for group in range(first_group, end_split, MERGED_SPLITS):
        split = group + tl.arange(0, MERGED_SPLITS)
        live = (split >= first_split) & (split < end_split)
        slot = first_slot + split
        weights = tl.exp2((tl.load(partial_lse + slot, mask=live, other=MINUS_INF) - finite_top) * LOG2E)
        values = tl.load(partial_out + (slot * head_dim)[:, None] + dim[None, :], mask=live[:, None], other=0.0)
        total += tl.sum(weights)
        merged += tl.sum(weights[:, None] * values, axis=0)
    merged = merged / tl.where(empty, 1.0, total)
    tl.store(out + row * head_dim + dim, merged.to(out.dtype.element_ty))
    if tl.program_id(2) == 0:
        tl.store(lse + row, tl.where(empty, MINUS_INF, top + tl.log2(total) * LN2))
