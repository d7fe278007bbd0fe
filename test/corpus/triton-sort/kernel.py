"""Each row in descending order, of which the first K are kept."""
import triton
import triton.language as tl


@triton.jit
def sort(x, y, BLOCK: tl.constexpr, K: tl.constexpr):
    row = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    ordered = tl.sort(tl.load(x + row * BLOCK + i), descending=True)
    tl.store(y + row * K + i, ordered, i < K)
