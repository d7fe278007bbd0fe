"""Scatters floats by index, several to one place."""
import triton
import triton.language as tl


@triton.jit
def atomic_add(values, indices, sums, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = i < n
    tl.atomic_add(sums + tl.load(indices + i, mask), tl.load(values + i, mask), mask)
