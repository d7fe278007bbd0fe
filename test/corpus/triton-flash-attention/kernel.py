"""Causal attention with running maximum and sum, as in FlashAttention."""
import triton
import triton.language as tl


@triton.jit
def flash_attention(q, k, v, o, length, scale, BM: tl.constexpr, BN: tl.constexpr, D: tl.constexpr):
    head = tl.program_id(1) * length * D
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    dims = tl.arange(0, D)
    query = tl.load(q + head + rows[:, None] * D + dims[None, :])
    largest = tl.full([BM], -float("inf"), tl.float32)
    total = tl.zeros([BM], tl.float32)
    sums = tl.zeros([BM, D], tl.float32)
    for start in range(0, (tl.program_id(0) + 1) * BM, BN):
        keys = start + tl.arange(0, BN)
        key = tl.load(k + head + keys[None, :] * D + dims[:, None])
        scores = tl.dot(query, key) * scale
        scores = tl.where(rows[:, None] >= keys[None, :], scores, -float("inf"))
        larger = tl.maximum(largest, tl.max(scores, 1))
        powers = tl.exp2(scores - larger[:, None])
        shrink = tl.exp2(largest - larger)
        total = total * shrink + tl.sum(powers, 1)
        value = tl.load(v + head + keys[:, None] * D + dims[None, :])
        sums = tl.dot(powers.to(value.dtype), value, sums * shrink[:, None])
        largest = larger
    tl.store(o + head + rows[:, None] * D + dims[None, :], (sums / total[:, None]).to(o.dtype.element_ty))
