"""reference.py against formulations of its own: float64 numpy, and the modules as Hugging Face writes them."""

import pytest
import torch

from decode_kernels.qnorm_rope import reference
from tolerance import violations
from workload_inputs import EPS, WORKLOADS, make_inputs, model_arguments, op_arguments

every_workload = pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())


@every_workload
def test_reference_is_the_formula(workload):
    """Head by head and pair by pair, as complex numbers in numpy."""
    np = pytest.importorskip("numpy")
    inputs, axes = make_inputs(workload), workload["axes"]
    heads, kv_heads, dim = axes["num_qo_heads"], axes["num_kv_heads"], axes["head_dim"]
    weights = {name: inputs[name].double().numpy() for name in ("q_weight", "k_weight")}
    base = np.float64(1e6 if dim == 512 else 1e4)
    powers = np.array([base ** (2 * i / dim) for i in range(axes["num_rotary_pairs"])]).astype(np.float32)
    frequencies = np.float32(1) / powers
    outputs = reference.reference(*model_arguments(workload, inputs))
    for token, position in enumerate(workload["positions"]["values"]):
        turn = np.ones(dim // 2, dtype=complex)
        turn[: len(frequencies)] = np.exp(1j * (np.float32(position) * frequencies).astype(np.float64))
        row = inputs["qkv"][token, : (heads + 2 * kv_heads) * dim].double().numpy().reshape(-1, dim)
        normed = row / np.sqrt((row * row).sum(-1, keepdims=True) / dim + EPS)
        for h, vector in enumerate(normed):
            output, index = (
                (outputs[0], h)
                if h < heads
                else (outputs[1], h - heads)
                if h < heads + kv_heads
                else (outputs[2], h - heads - kv_heads)
            )
            if h < heads + kv_heads:
                weighted = vector * weights["q_weight" if h < heads else "k_weight"]
                rotated = (weighted[: dim // 2] + 1j * weighted[dim // 2 :]) * turn
                vector = np.concatenate([rotated.real, rotated.imag])
            scale = np.abs(vector).max()
            np.testing.assert_allclose(output[token, index].numpy(), vector, rtol=1e-13, atol=1e-13 * scale)


class RMSNorm(torch.nn.Module):
    """transformers modeling_gemma4.Gemma4RMSNorm."""

    def __init__(self, weight: torch.Tensor | None):
        super().__init__()
        self.weight = weight

    def forward(self, x):
        hidden = x.float()
        normed = hidden * torch.pow(hidden.pow(2).mean(-1, keepdim=True) + EPS, -0.5)
        if self.weight is not None:
            normed = normed * self.weight.float()
        return normed.type_as(x)


class RotaryEmbedding(torch.nn.Module):
    """transformers modeling_gemma4.Gemma4TextRotaryEmbedding with default or proportional frequencies."""

    def __init__(self, dim: int):
        super().__init__()
        base, pairs = (1e4, 128) if dim == 256 else (1e6, 64)
        rotating = 1.0 / (base ** (torch.arange(0, 2 * pairs, 2, dtype=torch.int64).float() / dim))
        self.inv_freq = torch.cat([rotating, torch.zeros(dim // 2 - pairs)])

    def forward(self, x, position_ids):
        freqs = (self.inv_freq[None, :, None] @ position_ids[:, None, :].float()).transpose(1, 2)
        emb = torch.cat([freqs, freqs], dim=-1)
        return emb.cos().to(x.dtype), emb.sin().to(x.dtype)


def apply_rotary_pos_emb(x, cos, sin):
    """transformers modeling_gemma4.apply_rotary_pos_emb, heads in dimension 2."""
    x1, x2 = x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2 :]
    return (x * cos.unsqueeze(2)) + (torch.cat((-x2, x1), dim=-1) * sin.unsqueeze(2))


@every_workload
def test_naive_is_the_eager_model(workload):
    """The same bits but for float32 details that torch leaves open; those flip a bfloat16 rounding now and then."""
    inputs, axes = make_inputs(workload), workload["axes"]
    counts = [axes["num_qo_heads"], axes["num_kv_heads"], axes["num_kv_heads"]]
    packed = inputs["qkv"][None, :, : sum(counts) * axes["head_dim"]]
    q, k, v = packed.unflatten(-1, (sum(counts), axes["head_dim"])).split(counts, dim=2)
    cos, sin = RotaryEmbedding(axes["head_dim"])(q, inputs["positions"][None])
    expected = (
        apply_rotary_pos_emb(RMSNorm(inputs["q_weight"])(q), cos, sin),
        apply_rotary_pos_emb(RMSNorm(inputs["k_weight"])(k), cos, sin),
        RMSNorm(None)(v),
    )
    for got, usual in zip(reference.naive(*model_arguments(workload, inputs)), expected, strict=True):
        assert got.dtype == torch.bfloat16
        assert (got != usual[0]).double().mean().nan_to_num() <= 2e-2
        torch.testing.assert_close(got, usual[0], rtol=2**-6, atol=2**-6)


@every_workload
def test_run_keeps_the_rule(workload):
    inputs = make_inputs(workload)
    assert violations(workload, inputs, reference.run(*op_arguments(workload, inputs))) == []


def test_the_rule_finds_a_shifted_position():
    workload = WORKLOADS["sliding-t1"]
    inputs = make_inputs(workload)
    shifted = {**inputs, "positions": inputs["positions"] - 1}
    assert violations(workload, inputs, reference.run(*op_arguments(workload, shifted))) != []
