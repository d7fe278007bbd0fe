"""Histogram of bytes: each program counts its own and adds to the total atomically."""
import triton
import triton.language as tl


@triton.jit
def histogram(x, bins, n, BINS: tl.constexpr, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    counts = tl.histogram(tl.load(x + i, i < n, 0), BINS, mask=i < n)
    tl.atomic_add(bins + tl.arange(0, BINS), counts, sem="relaxed")
