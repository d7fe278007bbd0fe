"""Sum, largest and smallest of each row."""
import triton
import triton.language as tl


@triton.jit
def reduce(x, sums, largest, smallest, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    mask = i < columns
    values = tl.load(x + row * columns + i, mask, 0.0)
    tl.store(sums + row, tl.sum(values, 0))
    tl.store(largest + row, tl.max(tl.where(mask, values, -float("inf")), 0))
    tl.store(smallest + row, tl.min(tl.where(mask, values, float("inf")), 0))
