"""Verdicts on outputs of qnorm_rope: the 2x rule, a cache that is untouched elsewhere, and the eager model's bits."""

import torch
from torch import Tensor

from decode_kernels.qnorm_rope import kv_cache, reference
from qnorm_rope_inputs import cache_view, model_arguments

ROUNDOFF = {torch.bfloat16: 2.0**-8, torch.float16: 2.0**-11}
"""Relative; the 2x rule: off by at most twice what the same-precision torch path is off, plus one rounding."""

SCALE_ULPS = 12
"""Between two float32 norm factors of one vector of at most 512 elements, in units of the last place.

A kernel's sum of squares passes through at most 8 + 1 + 5 additions of positive terms and one product rounding, so it
is off by 15 u, u = 2^-24; with eps 16 u, of which the power -1/2 leaves 8 u; rsqrt.approx.f32 adds 2^-22.9 < 2.2 u
(PTX ISA 9.7.3), the correctly rounded factor itself 1.5 u. A unit in the last place is at least u.
"""


def expected(inputs: dict[str, Tensor], axes: dict[str, int], heads: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """Outputs by name in the heads' dtype, given q, k and v; the cache with them written."""
    q, k, v = heads
    if "kv_cache" not in inputs:
        return {"q_out": q, "k_out": k, "v_out": v}
    flat = inputs["kv_cache"].to(k.dtype, copy=True)
    kv_cache.write(cache_view(flat, axes), inputs["slot_mapping"], k, v)
    return {"q_out": q, "kv_cache": flat}


def written(inputs: dict[str, Tensor], axes: dict[str, int]) -> Tensor:
    """Which vectors of the cache get a token, `[num_pages, page_stride / head_dim]`."""
    flat = torch.zeros_like(inputs["kv_cache"])
    ones = torch.ones(axes["num_tokens"], axes["num_kv_heads"], axes["head_dim"], dtype=flat.dtype)
    kv_cache.write(cache_view(flat, axes), inputs["slot_mapping"], ones, ones)
    return flat[..., 0] != 0


def relative_error(actual: Tensor, exact: Tensor) -> Tensor:
    """L2 error of each vector (last dimension) relative to the exact one; 0 / 0 is 0."""
    error = torch.linalg.vector_norm(actual.double() - exact, dim=-1)
    return torch.where(error == 0, error, error / torch.linalg.vector_norm(exact, dim=-1))


def violations(workload: dict, inputs: dict[str, Tensor], outputs: dict[str, Tensor], roundings: int = 1) -> list[str]:
    """One line for each output with a vector off limits or not finite, and for a cache changed elsewhere."""
    axes, arguments = workload["axes"], model_arguments(workload, inputs)
    exact = expected(inputs, axes, reference.reference(*arguments))
    naive = expected(inputs, axes, reference.naive(*arguments))
    found = []
    for name, truth in exact.items():
        got = outputs[name].cpu()
        error = relative_error(got, truth)
        limit = 2 * relative_error(naive[name], truth) + roundings * ROUNDOFF[got.dtype]
        bad = ~(error <= limit)
        if bad.any():
            worst = error[bad].max().item()
            found.append(f"{name}: {int(bad.sum())} of {bad.numel()} vectors are off, the worst by {worst:.3g}")
    if "kv_cache" in inputs:
        others = ~written(inputs, axes)
        if not torch.equal(outputs["kv_cache"].cpu()[others], inputs["kv_cache"][others]):
            found.append("kv_cache: vectors of other tokens have changed")
    return found


def strange_bits(
    workload: dict, inputs: dict[str, Tensor], outputs: dict[str, Tensor], zeros_alike: bool = False
) -> list[str]:
    """With round_intermediate: vectors that the eager model gives with no float32 norm factor near the right one.

    `zeros_alike` takes -0 for 0: the model multiplies pairs that do not turn by 1 and adds a 0, the kernel copies them.
    """
    axes, (qkv, q_weight, k_weight, angle, eps, layer) = workload["axes"], model_arguments(workload, inputs)
    cos, sin = angle.double().cos().float(), angle.double().sin().float()
    explained: dict[str, Tensor] = {}
    for ulps in range(-SCALE_ULPS, SCALE_ULPS + 1):

        def nudged(x: Tensor, eps: float, ulps: int = ulps) -> Tensor:
            return (reference.eager_scale(x, eps).view(torch.int32) + ulps).view(torch.float32)

        heads = reference.norm_and_rotate_eagerly(qkv, q_weight, k_weight, cos, sin, eps, layer, nudged)
        for name, tensor in expected(inputs, axes, heads).items():
            got = outputs[name].cpu()
            equal = tensor == got if zeros_alike else tensor.view(torch.int16) == got.view(torch.int16)
            same = equal.all(-1)
            explained[name] = explained.get(name, torch.zeros_like(same)) | same
    return [f"{name}: {int((~ok).sum())} of {ok.numel()} vectors" for name, ok in explained.items() if not ok.all()]
