"""y = W x with W in 4 bits, eight to a word, a scale for each group of a row."""
import triton
import triton.language as tl


@triton.jit
def int4_gemv(w, scales, x, y, columns, GROUP: tl.constexpr, BM: tl.constexpr, BK: tl.constexpr):
    row = tl.program_id(0) * BM + tl.arange(0, BM)
    sums = tl.zeros([BM, BK], tl.float32)
    for start in range(0, columns, BK):
        i = start + tl.arange(0, BK)
        words = tl.load(w + row[:, None] * (columns // 8) + (i // 8)[None, :])
        digits = (words >> ((i % 8) * 4)[None, :]) & 15
        scale = tl.load(scales + row[:, None] * (columns // GROUP) + (i // GROUP)[None, :]).to(tl.float32)
        sums += (digits - 8).to(tl.float32) * scale * tl.load(x + i[None, :]).to(tl.float32)
    tl.store(y + row, tl.sum(sums, 1))
