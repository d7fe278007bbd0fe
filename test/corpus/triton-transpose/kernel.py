"""Transposes tiles; the layouts of loads and stores differ."""
import triton
import triton.language as tl


@triton.jit
def transpose(x, y, m, n, BM: tl.constexpr, BN: tl.constexpr):
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    columns = tl.program_id(1) * BN + tl.arange(0, BN)
    tile = tl.load(x + rows[:, None] * n + columns[None, :], (rows[:, None] < m) & (columns[None, :] < n))
    tl.store(y + columns[:, None] * m + rows[None, :], tl.trans(tile), (columns[:, None] < n) & (rows[None, :] < m))
