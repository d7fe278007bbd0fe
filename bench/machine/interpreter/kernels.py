"""Kernels that Triton's interpreter and the machine both run; written as in Triton's tutorials."""

import triton
import triton.language as tl


@triton.jit
def vector_add(x, y, out, n, block: tl.constexpr):
    """out = x + y, `block` elements to a program."""
    at = tl.program_id(0) * block + tl.arange(0, block)
    mask = at < n
    tl.store(out + at, tl.load(x + at, mask=mask) + tl.load(y + at, mask=mask), mask=mask)


@triton.jit
def softmax(x, out, columns, block: tl.constexpr):
    """Softmax of one row to a program."""
    row = tl.program_id(0)
    column = tl.arange(0, block)
    mask = column < columns
    values = tl.load(x + row * columns + column, mask=mask, other=-float("inf"))
    powers = tl.exp(values - tl.max(values, axis=0))
    tl.store(out + row * columns + column, powers / tl.sum(powers, axis=0), mask=mask)


@triton.jit
def rmsnorm(x, weight, out, columns, eps, block: tl.constexpr):
    """x / sqrt(mean(x^2) + eps) * weight of one bf16 row to a program."""
    row = tl.program_id(0)
    column = tl.arange(0, block)
    mask = column < columns
    values = tl.load(x + row * columns + column, mask=mask, other=0.0).to(tl.float32)
    scale = tl.rsqrt(tl.sum(values * values, axis=0) / columns + eps)
    weights = tl.load(weight + column, mask=mask, other=0.0).to(tl.float32)
    tl.store(out + row * columns + column, (values * scale * weights).to(tl.bfloat16), mask=mask)


@triton.jit
def layernorm(x, weight, bias, out, columns, eps, block: tl.constexpr):
    """(x - mean) / sqrt(variance + eps) * weight + bias of one f32 row to a program."""
    row = tl.program_id(0)
    column = tl.arange(0, block)
    mask = column < columns
    values = tl.load(x + row * columns + column, mask=mask, other=0.0)
    centred = tl.where(mask, values - tl.sum(values, axis=0) / columns, 0.0)
    scale = tl.rsqrt(tl.sum(centred * centred, axis=0) / columns + eps)
    weights = tl.load(weight + column, mask=mask)
    biases = tl.load(bias + column, mask=mask)
    tl.store(out + row * columns + column, centred * scale * weights + biases, mask=mask)


@triton.jit
def gemv(matrix, x, out, columns, block_rows: tl.constexpr, block_columns: tl.constexpr):
    """out = matrix x in bf16 with f32 sums, without tl.dot; `columns` is a multiple of `block_columns`."""
    row = tl.program_id(0) * block_rows + tl.arange(0, block_rows)
    sums = tl.zeros([block_rows, block_columns], dtype=tl.float32)
    for start in range(0, columns, block_columns):
        column = start + tl.arange(0, block_columns)
        tile = tl.load(matrix + row[:, None] * columns + column[None, :]).to(tl.float32)
        sums += tile * tl.load(x + column).to(tl.float32)[None, :]
    tl.store(out + row, tl.sum(sums, axis=1).to(tl.bfloat16))


@triton.jit
def matmul(a, b, c, n, k, block_m: tl.constexpr, block_n: tl.constexpr, block_k: tl.constexpr):
    """c = a b with f32 sums, one tile to a program; sizes are multiples of the blocks."""
    row = tl.program_id(0) * block_m + tl.arange(0, block_m)
    column = tl.program_id(1) * block_n + tl.arange(0, block_n)
    sums = tl.zeros([block_m, block_n], dtype=tl.float32)
    for start in range(0, k, block_k):
        inner = start + tl.arange(0, block_k)
        left = tl.load(a + row[:, None] * k + inner[None, :])
        right = tl.load(b + inner[:, None] * n + column[None, :])
        sums = tl.dot(left, right, sums)
    tl.store(c + row[:, None] * n + column[None, :], sums.to(c.dtype.element_ty))


@triton.jit
def attention(q, k, v, out, tokens, scale, head_dim: tl.constexpr, block_m: tl.constexpr, block_n: tl.constexpr):
    """Flash attention forward without mask: program (i, head) takes `block_m` queries; tokens % blocks is 0."""
    head = tl.program_id(1) * tokens * head_dim
    row = tl.program_id(0) * block_m + tl.arange(0, block_m)
    dim = tl.arange(0, head_dim)
    queries = tl.load(q + head + row[:, None] * head_dim + dim[None, :])
    largest = tl.full([block_m], -float("inf"), dtype=tl.float32)
    total = tl.zeros([block_m], dtype=tl.float32)
    sums = tl.zeros([block_m, head_dim], dtype=tl.float32)
    for start in range(0, tokens, block_n):
        token = start + tl.arange(0, block_n)
        keys = tl.load(k + head + token[None, :] * head_dim + dim[:, None])
        scores = tl.dot(queries, keys) * scale
        new_largest = tl.maximum(largest, tl.max(scores, axis=1))
        powers = tl.exp(scores - new_largest[:, None])
        shrink = tl.exp(largest - new_largest)
        total = total * shrink + tl.sum(powers, axis=1)
        values = tl.load(v + head + token[:, None] * head_dim + dim[None, :])
        sums = tl.dot(powers.to(values.dtype), values, sums * shrink[:, None])
        largest = new_largest
    tl.store(out + head + row[:, None] * head_dim + dim[None, :], (sums / total[:, None]).to(out.dtype.element_ty))
