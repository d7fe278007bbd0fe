"""y = W x in bf16, a block of rows a program."""
import triton
import triton.language as tl


@triton.jit
def gemv(w, x, y, rows, columns, BM: tl.constexpr, BK: tl.constexpr):
    row = tl.program_id(0) * BM + tl.arange(0, BM)
    sums = tl.zeros([BM, BK], tl.float32)
    for start in range(0, columns, BK):
        i = start + tl.arange(0, BK)
        weights = tl.load(w + row[:, None] * columns + i[None, :], row[:, None] < rows, 0.0)
        sums += weights.to(tl.float32) * tl.load(x + i[None, :]).to(tl.float32)
    tl.store(y + row, tl.sum(sums, 1).to(y.dtype.element_ty), row < rows)
