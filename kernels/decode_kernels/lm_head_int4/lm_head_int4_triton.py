"""The head in plain Triton, for comparison: logits, or the arg-max in two launches. Every weight's word is gathered.

hidden_size is compiled in.
"""

import triton
import triton.language as tl
from triton.language.extra import libdevice

MAX_TOKENS = tl.constexpr(16)
TILE = tl.constexpr(64)
BLOCK_K = tl.constexpr(32)
NO_KEY = tl.constexpr(-(2**63))


@triton.jit
def rounded(x, dtype: tl.constexpr):
    """x as the 16-bit type holds it, in float32."""
    return x.to(dtype).to(tl.float32)


@triton.jit
def tile_sums(
    weights,
    scales,
    hidden,
    tile,
    num_tokens,
    num_columns,
    group_size,
    hidden_size: tl.constexpr,
    per_channel: tl.constexpr,
):
    """float32 `[16 tokens, 64 columns]` of a tile; the places of nibbles and scales are those of Marlin's layout."""
    dtype: tl.constexpr = hidden.dtype.element_ty
    token = tl.arange(0, MAX_TOKENS)[:, None]
    n = tl.arange(0, TILE)
    sums = tl.zeros([MAX_TOKENS, TILE], tl.float32)
    for start in range(0, hidden_size, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        row = (k // 16).to(tl.int64) * 2 * num_columns + k % 8 // 2 * 4
        word = tl.load(weights + row[:, None] + (tile * 128 + n % 8 * 16 + n // 16)[None, :])
        shift = 4 * ((k % 16 // 8 + k % 2 * 4)[:, None] + (n % 16 // 8 * 2)[None, :])
        weight = (((word >> shift) & 15) - 8).to(dtype)
        if not per_channel:
            place = (start // group_size).to(tl.int64) * num_columns + tile * TILE + n % 8 * 8 + n // 8
            weight = weight * tl.load(scales + place)[None, :]
        x = tl.load(hidden + token * hidden_size + k[None, :], mask=token < num_tokens, other=0.0)
        sums = tl.dot(x, weight, sums)
    return sums


@triton.jit
def compared(sums, scales, tile, softcap, round_logits, per_channel: tl.constexpr, dtype: tl.constexpr):
    """The logits as they are compared; rounded at each step, as vLLM does, where round_logits is set."""
    logits = sums
    if per_channel:
        n = tl.arange(0, TILE)
        c = n % 32
        scale = tl.load(scales + tile * TILE + n - c + c % 8 // 2 * 8 + c // 8 * 2 + c % 2).to(tl.float32)[None, :]
        logits = sums * scale
        if round_logits != 0:
            logits = rounded(rounded(sums, dtype) * scale, dtype)
    elif round_logits != 0:
        logits = rounded(sums, dtype)
    if (round_logits != 0) & (softcap != 0.0):
        divided = rounded(logits * (1.0 / softcap), dtype)
        logits = rounded(rounded(libdevice.tanh(divided), dtype) * softcap, dtype)
    return logits


@triton.jit
def reported(logits, softcap, round_logits):
    """A compared logit as it is given out."""
    values = logits
    if (round_logits == 0) & (softcap != 0.0):
        values = softcap * libdevice.tanh(logits * (1.0 / softcap))
    return values


@triton.jit
def lm_head_logits(
    weights,
    scales,
    hidden,
    logits,
    num_tokens,
    num_columns,
    vocab_size,
    softcap,
    round_logits,
    group_size,
    hidden_size: tl.constexpr,
    per_channel: tl.constexpr,
):
    """logits `[num_tokens, vocab_size]` in the dtype of hidden; programs walk the tiles."""
    dtype: tl.constexpr = hidden.dtype.element_ty
    for tile in range(tl.program_id(0), num_columns // TILE, tl.num_programs(0)):
        sums = tile_sums(weights, scales, hidden, tile, num_tokens, num_columns, group_size, hidden_size, per_channel)
        values = reported(
            compared(sums, scales, tile, softcap, round_logits, per_channel, dtype), softcap, round_logits
        )
        token, column = tl.arange(0, MAX_TOKENS)[:, None], tile * TILE + tl.arange(0, TILE)[None, :]
        inside = (token < num_tokens) & (column < vocab_size)
        tl.store(logits + token.to(tl.int64) * vocab_size + column, values.to(dtype), mask=inside)


@triton.jit
def lm_head_keys(
    weights,
    scales,
    hidden,
    partials,
    num_tokens,
    num_columns,
    vocab_size,
    softcap,
    round_logits,
    group_size,
    hidden_size: tl.constexpr,
    per_channel: tl.constexpr,
):
    """partials int64 `[num_tokens, num_programs]`: the greatest key of a program's tiles, in signed order."""
    dtype: tl.constexpr = hidden.dtype.element_ty
    best = tl.full([MAX_TOKENS], NO_KEY, tl.int64)
    for tile in range(tl.program_id(0), num_columns // TILE, tl.num_programs(0)):
        sums = tile_sums(weights, scales, hidden, tile, num_tokens, num_columns, group_size, hidden_size, per_channel)
        values = compared(sums, scales, tile, softcap, round_logits, per_channel, dtype) + 0.0  # -0 becomes +0
        column = (tile * TILE + tl.arange(0, TILE))[None, :]
        bits = values.to(tl.int32, bitcast=True)
        ordered = (bits ^ ((bits >> 31) & 0x7FFFFFFF)).to(tl.int64)
        keys = (ordered << 32) | (0xFFFFFFFF - column.to(tl.int64))
        best = tl.maximum(best, tl.max(tl.where(column < vocab_size, keys, NO_KEY), axis=1))
    token = tl.arange(0, MAX_TOKENS)
    tl.store(partials + token * tl.num_programs(0) + tl.program_id(0), best, mask=token < num_tokens)


@triton.jit
def lm_head_merge(partials, tokens, values, num_ctas, softcap, round_logits):
    """tokens int32 and values float32 `[num_tokens]` from the partials; one program per token."""
    token = tl.program_id(0)
    best = tl.full([128], NO_KEY, tl.int64)
    for start in range(0, num_ctas, 128):
        cta = start + tl.arange(0, 128)
        best = tl.maximum(best, tl.load(partials + token * num_ctas + cta, mask=cta < num_ctas, other=NO_KEY))
    key = tl.max(best, axis=0)
    ordered = (key >> 32).to(tl.int32)
    logit = (ordered ^ ((ordered >> 31) & 0x7FFFFFFF)).to(tl.float32, bitcast=True)
    tl.store(tokens + token, (0xFFFFFFFF - (key & 0xFFFFFFFF)).to(tl.int32))
    tl.store(values + token, reported(logit, softcap, round_logits))
