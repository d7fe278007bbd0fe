"""Index of the largest value of each row, the first of equals."""
import triton
import triton.language as tl


@triton.jit
def argmax(x, indices, values, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    value = tl.load(x + row * columns + i, i < columns, -float("inf"))
    largest, index = tl.max(value, 0, return_indices=True)
    tl.store(indices + row, index)
    tl.store(values + row, largest)
