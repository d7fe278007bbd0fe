"""Adds the residual and normalises by the root of the mean square."""
import triton
import triton.language as tl


@triton.jit
def rmsnorm(x, residual, weight, y, columns, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    mask = i < columns
    value = tl.load(x + row * columns + i, mask, 0.0).to(tl.float32)
    value += tl.load(residual + row * columns + i, mask, 0.0).to(tl.float32)
    tl.store(residual + row * columns + i, value.to(residual.dtype.element_ty), mask)
    scale = tl.rsqrt(tl.sum(value * value, 0) / columns + eps)
    tl.store(y + row * columns + i, (value * scale * tl.load(weight + i, mask).to(tl.float32)).to(y.dtype.element_ty), mask)
