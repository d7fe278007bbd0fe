"""dx of a layer normalisation; rows of one group add their dw and db to one partial row under a spin lock."""
import triton
import triton.language as tl


@triton.jit
def layernorm_backward(dx, dy, dw, db, x, weight, means, deviations, locks, columns, GROUPS: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    mask = i < columns
    value = tl.load(x + row * columns + i, mask, 0.0)
    slope = tl.load(dy + row * columns + i, mask, 0.0)
    w = tl.load(weight + i, mask, 0.0)
    deviation = tl.load(deviations + row)
    normal = tl.where(mask, (value - tl.load(means + row)) * deviation, 0.0)
    scaled = tl.where(mask, w * slope, 0.0)
    c1 = tl.sum(normal * scaled, 0) / columns
    c2 = tl.sum(scaled, 0) / columns
    tl.store(dx + row * columns + i, (scaled - (normal * c1 + c2)) * deviation, mask)

    group = row % GROUPS
    lock = locks + group
    dw += group * columns + i
    db += group * columns + i
    partial_dw = slope * normal
    partial_db = slope
    while tl.atomic_cas(lock, 0, 1) == 1:
        pass
    partial_dw += tl.load(dw, mask)
    partial_db += tl.load(db, mask)
    tl.store(dw, partial_dw, mask)
    tl.store(db, partial_db, mask)
    tl.debug_barrier()
    tl.atomic_xchg(lock, 0)
