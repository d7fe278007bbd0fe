"""c = a b, tiled, in a software pipeline of as many stages as the launch was compiled for."""
import triton
import triton.language as tl


@triton.jit
def matmul(a, b, c, m, n, k, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    columns = tl.program_id(1) * BN + tl.arange(0, BN)
    inner = tl.arange(0, BK)
    pa = a + rows[:, None] * k + inner[None, :]
    pb = b + inner[:, None] * n + columns[None, :]
    sums = tl.zeros((BM, BN), tl.float32)
    for start in range(0, k, BK):
        left = tl.load(pa, (rows[:, None] < m) & (inner[None, :] < k - start), 0.0)
        right = tl.load(pb, (inner[:, None] < k - start) & (columns[None, :] < n), 0.0)
        sums = tl.dot(left, right, sums)
        pa += BK
        pb += BK * n
    mask = (rows[:, None] < m) & (columns[None, :] < n)
    tl.store(c + rows[:, None] * n + columns[None, :], sums.to(c.dtype.element_ty), mask)
