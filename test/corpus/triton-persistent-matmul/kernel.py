"""c = a b by fewer programs than tiles; each takes every so many."""
import triton
import triton.language as tl


@triton.jit
def persistent_matmul(a, b, c, m, n, k, PROGRAMS: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    across = tl.cdiv(n, BN)
    tiles = tl.cdiv(m, BM) * across
    inner = tl.arange(0, BK)
    for tile in range(tl.program_id(0), tiles, PROGRAMS):
        rows = tile // across * BM + tl.arange(0, BM)
        columns = tile % across * BN + tl.arange(0, BN)
        sums = tl.zeros((BM, BN), tl.float32)
        for start in range(0, k, BK):
            left = tl.load(a + rows[:, None] * k + start + inner[None, :])
            right = tl.load(b + (start + inner[:, None]) * n + columns[None, :])
            sums = tl.dot(left, right, sums)
        tl.store(c + rows[:, None] * n + columns[None, :], sums)
