"""Split-K sums in ascending order: each program waits for its turn at the tile, adds and passes the turn on."""
import triton
import triton.language as tl


@triton.jit
def split_k_turns(a, b, c, turns, n, k, SPLIT: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    tile = tl.program_id(0)
    part = tl.program_id(1)
    rows = tl.arange(0, BM)
    columns = tile * BN + tl.arange(0, BN)
    inner = part * SPLIT + tl.arange(0, BK)
    sums = tl.zeros((BM, BN), tl.float32)
    for start in range(0, SPLIT, BK):
        left = tl.load(a + rows[:, None] * k + start + inner[None, :])
        right = tl.load(b + (start + inner[:, None]) * n + columns[None, :])
        sums = tl.dot(left, right, sums)
    at = c + rows[:, None] * n + columns[None, :]
    while tl.atomic_add(turns + tile, 0) != part:
        pass
    if part > 0:
        sums += tl.load(at)
    tl.store(at, sums)
    tl.debug_barrier()
    tl.atomic_xchg(turns + tile, part + 1)
