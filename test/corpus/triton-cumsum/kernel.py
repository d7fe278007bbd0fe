"""Running sums of each row of integers."""
import triton
import triton.language as tl


@triton.jit
def cumsum(x, y, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, tl.cumsum(tl.load(x + at), 0))
