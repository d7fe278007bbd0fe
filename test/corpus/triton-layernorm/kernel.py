"""Layer normalisation of each row in two passes; keeps mean and reciprocal deviation."""
import triton
import triton.language as tl


@triton.jit
def layernorm(x, y, weight, bias, means, deviations, columns, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    total = tl.zeros([BLOCK], tl.float32)
    for start in range(0, columns, BLOCK):
        i = start + tl.arange(0, BLOCK)
        total += tl.load(x + row * columns + i, i < columns, 0.0).to(tl.float32)
    mean = tl.sum(total, 0) / columns
    squares = tl.zeros([BLOCK], tl.float32)
    for start in range(0, columns, BLOCK):
        i = start + tl.arange(0, BLOCK)
        value = tl.load(x + row * columns + i, i < columns, 0.0).to(tl.float32)
        centred = tl.where(i < columns, value - mean, 0.0)
        squares += centred * centred
    reciprocal = 1 / tl.sqrt(tl.sum(squares, 0) / columns + eps)
    tl.store(means + row, mean)
    tl.store(deviations + row, reciprocal)
    for start in range(0, columns, BLOCK):
        i = start + tl.arange(0, BLOCK)
        mask = i < columns
        value = tl.load(x + row * columns + i, mask, 0.0).to(tl.float32)
        scaled = (value - mean) * reciprocal * tl.load(weight + i, mask) + tl.load(bias + i, mask)
        tl.store(y + row * columns + i, scaled, mask)
