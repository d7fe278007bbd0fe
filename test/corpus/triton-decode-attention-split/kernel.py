"""One query token against a part of the keys and values; keeps each part's sums and log-sum-exp."""
import triton
import triton.language as tl


@triton.jit
def decode_attention_split(q, k, v, parts, lse, length, scale, SPLIT: tl.constexpr, BN: tl.constexpr, D: tl.constexpr):
    head = tl.program_id(0)
    part = tl.program_id(1)
    dims = tl.arange(0, D)
    query = tl.load(q + head * D + dims).to(tl.float32)
    largest = -float("inf")
    total = 0.0
    sums = tl.zeros([D], tl.float32)
    for start in range(part * SPLIT, tl.minimum((part + 1) * SPLIT, length), BN):
        rows = start + tl.arange(0, BN)
        mask = rows < length
        at = (head * length + rows[:, None]) * D + dims[None, :]
        scores = tl.sum(tl.load(k + at, mask[:, None], 0.0).to(tl.float32) * query[None, :], 1) * scale
        scores = tl.where(mask, scores, -float("inf"))
        larger = tl.maximum(largest, tl.max(scores, 0))
        powers = tl.exp(scores - larger)
        shrink = tl.exp(largest - larger)
        total = total * shrink + tl.sum(powers, 0)
        value = tl.load(v + at, mask[:, None], 0.0).to(tl.float32)
        sums = sums * shrink + tl.sum(powers[:, None] * value, 0)
        largest = larger
    here = head * tl.num_programs(1) + part
    tl.store(parts + here * D + dims, sums / total)
    tl.store(lse + here, largest + tl.log(total))
