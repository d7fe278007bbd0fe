"""Softmax of each row, one program a row."""
import triton
import triton.language as tl


@triton.jit
def softmax(x, y, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    values = tl.load(x + row * columns + i, i < columns, -float("inf"))
    powers = tl.exp(values - tl.max(values, 0))
    tl.store(y + row * columns + i, powers / tl.sum(powers, 0), i < columns)
