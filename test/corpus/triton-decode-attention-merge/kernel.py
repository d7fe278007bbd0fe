"""Merges the parts of split-KV attention by their log-sum-exp."""
import triton
import triton.language as tl


@triton.jit
def decode_attention_merge(parts, lse, o, count, COUNT: tl.constexpr, D: tl.constexpr):
    head = tl.program_id(0)
    dims = tl.arange(0, D)
    part = tl.arange(0, COUNT)
    weights = tl.load(lse + head * count + part, part < count, -float("inf"))
    weights = tl.exp(weights - tl.max(weights, 0))
    weights = weights / tl.sum(weights, 0)
    at = (head * count + part[:, None]) * D + dims[None, :]
    values = tl.load(parts + at, part[:, None] < count, 0.0)
    tl.store(o + head * D + dims, tl.sum(values * weights[:, None], 0))
