"""Rotary embedding in place: each pair of halves turns by its angle."""
import triton
import triton.language as tl


@triton.jit
def rope(x, cosines, sines, heads, HALF: tl.constexpr):
    token = tl.program_id(0)
    head = tl.program_id(1)
    i = tl.arange(0, HALF)
    at = (token * heads + head) * 2 * HALF + i
    low = tl.load(x + at).to(tl.float32)
    high = tl.load(x + at + HALF).to(tl.float32)
    cosine = tl.load(cosines + token * HALF + i)
    sine = tl.load(sines + token * HALF + i)
    tl.store(x + at, (low * cosine - high * sine).to(x.dtype.element_ty))
    tl.store(x + at + HALF, (high * cosine + low * sine).to(x.dtype.element_ty))
