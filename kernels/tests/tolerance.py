"""The 2x rule: a kernel may be off by twice what the same-precision torch path is off, plus one bfloat16 ulp."""

import torch
from torch import Tensor

from decode_kernels.qnorm_rope import reference
from workload_inputs import model_arguments

ULP = 2.0**-8  # of bfloat16, relative


def relative_error(actual: Tensor, exact: Tensor) -> Tensor:
    """L2 error of each vector (last dimension) relative to the exact one; 0 / 0 is 0."""
    error = torch.linalg.vector_norm(actual.double() - exact, dim=-1)
    return torch.where(error == 0, error, error / torch.linalg.vector_norm(exact, dim=-1))


def violations(workload: dict, inputs: dict[str, Tensor], outputs: tuple[Tensor, ...]) -> list[str]:
    """One line for each output with a vector beyond its limit, or a value that is not finite."""
    arguments = model_arguments(workload, inputs)
    names = ("q_out", "k_out", "v_out")
    exact, naive = reference.reference(*arguments), reference.naive(*arguments)
    found = []
    for name, got, truth, usual in zip(names, outputs, exact, naive, strict=True):
        error, limit = relative_error(got.cpu(), truth), 2 * relative_error(usual, truth) + ULP
        bad = ~(error <= limit)
        if bad.any():
            worst = error[bad].max().item()
            found.append(f"{name}: {int(bad.sum())} of {bad.numel()} vectors are off, the worst by {worst:.3g}")
    return found
