"""reference.py against formulations of its own: float64 numpy, and the modules as Hugging Face writes them."""

import pytest
import torch

from decode_kernels.qnorm_rope import reference
from qnorm_rope_inputs import EPS, WORKLOADS, make_inputs, model_arguments, rotation
from qnorm_rope_tolerance import expected, strange_bits, violations

every_workload = pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS.keys())


def packed_heads(axes: dict[str, int], inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """q, k and v of the packed rows, `[num_tokens, heads, head_dim]`."""
    heads, kv_heads, dim = axes["num_qo_heads"], axes["num_kv_heads"], axes["head_dim"]
    count = heads + (2 - axes["k_eq_v"]) * kv_heads
    row = inputs["qkv"][:, : count * dim].unflatten(-1, (count, dim))
    first_value = heads if axes["k_eq_v"] else heads + kv_heads
    return row[:, :heads], row[:, heads : heads + kv_heads], row[:, first_value : first_value + kv_heads]


@every_workload
def test_reference_is_the_formula(workload):
    """Head by head and pair by pair, as complex numbers in numpy."""
    np = pytest.importorskip("numpy")
    inputs, axes = make_inputs(workload), workload["axes"]
    distance, pairs = axes["pair_distance"], axes["num_rotary_pairs"]
    powers = np.array([float(axes["rope_theta"]) ** (2 * i / (2 * distance)) for i in range(pairs)]).astype(np.float32)
    frequencies = np.float32(1) / powers
    turns = np.ones((axes["num_tokens"], distance), dtype=complex)
    positions = np.array(workload["positions"]["values"], dtype=np.float32)
    turns[:, :pairs] = np.exp(1j * (positions[:, None] * frequencies).astype(np.float64))
    outputs = reference.reference(*model_arguments(workload, inputs))
    weights = (inputs["q_weight"], inputs["k_weight"], None)
    for output, x, weight in zip(outputs, packed_heads(axes, inputs), weights, strict=True):
        vector = x.double().numpy()
        if weight is not None or axes["v_norm"]:
            vector = vector / np.sqrt((vector * vector).mean(-1, keepdims=True) + EPS)
        if weight is not None:
            vector = vector * weight.double().numpy()
            block = vector[..., : 2 * distance]
            turned = (block[..., :distance] + 1j * block[..., distance:]) * turns[:, None]
            vector = np.concatenate([turned.real, turned.imag, vector[..., 2 * distance :]], axis=-1)
        scale = np.abs(vector).max(-1, keepdims=True, initial=0)
        assert (np.abs(output.numpy() - vector) <= 1e-13 * scale).all()


class GemmaRMSNorm(torch.nn.Module):
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


class QwenRMSNorm(GemmaRMSNorm):
    """transformers modeling_qwen3.Qwen3RMSNorm."""

    def forward(self, x):
        hidden = x.to(torch.float32)
        variance = hidden.pow(2).mean(-1, keepdim=True)
        normed = (hidden * torch.rsqrt(variance + EPS)).to(x.dtype)
        return normed if self.weight is None else self.weight * normed


class RotaryEmbedding(torch.nn.Module):
    """transformers modeling_rope_utils: default (with partial_rotary_factor) or proportional frequencies."""

    def __init__(self, axes: dict[str, int]):
        super().__init__()
        width, pairs = 2 * axes["pair_distance"], axes["num_rotary_pairs"]
        rotating = 1.0 / (axes["rope_theta"] ** (torch.arange(0, 2 * pairs, 2, dtype=torch.int64).float() / width))
        self.inv_freq = torch.cat([rotating, torch.zeros(width // 2 - pairs)])

    def forward(self, x, position_ids):
        freqs = (self.inv_freq[None, :, None] @ position_ids[:, None, :].float()).transpose(1, 2)
        emb = torch.cat([freqs, freqs], dim=-1)
        return emb.cos().to(x.dtype), emb.sin().to(x.dtype)


def apply_rotary_pos_emb(x, cos, sin):
    """transformers apply_rotary_pos_emb with heads in dimension 2; dims beyond the embedding's pass (modeling_glm4)."""
    turning, rest = x[..., : cos.shape[-1]], x[..., cos.shape[-1] :]
    x1, x2 = turning.chunk(2, dim=-1)
    turned = (turning * cos.unsqueeze(2)) + (torch.cat((-x2, x1), dim=-1) * sin.unsqueeze(2))
    return torch.cat([turned, rest], dim=-1)


@every_workload
def test_naive_is_the_eager_model(workload):
    """Given the angles, the modules' bits are those of the eager path with a float32 norm factor near the right one."""
    inputs, axes = make_inputs(workload), workload["axes"]
    angle = reference.angles(inputs["positions"], *rotation(axes)).double()
    identity = torch.zeros(len(angle), axes["pair_distance"] - axes["num_rotary_pairs"], dtype=torch.float64)
    angle = torch.cat([angle, identity] * 2, dim=-1)[None]
    cos, sin = (turn.float().to(inputs["qkv"].dtype) for turn in (angle.cos(), angle.sin()))
    q, k, v = (x[None] for x in packed_heads(axes, inputs))
    norm = QwenRMSNorm if axes["round_intermediate"] == 2 else GemmaRMSNorm
    heads = (
        apply_rotary_pos_emb(norm(inputs["q_weight"])(q), cos, sin)[0],
        apply_rotary_pos_emb(norm(inputs["k_weight"])(k), cos, sin)[0],
        (norm(None)(v) if axes["v_norm"] else v)[0],
    )
    some_pairs_stay = axes["num_rotary_pairs"] < axes["pair_distance"]
    assert strange_bits(workload, inputs, expected(inputs, axes, heads), zeros_alike=some_pairs_stay) == []


@every_workload
def test_angles_are_those_of_the_model(workload):
    """Torch's float32 power may leave an inverse frequency 3 units in the last place off, and the angle as much."""
    inputs, axes = make_inputs(workload), workload["axes"]
    angle, pairs = reference.angles(inputs["positions"], *rotation(axes)).double(), axes["num_rotary_pairs"]
    cos, sin = RotaryEmbedding(axes)(torch.empty(0), inputs["positions"][None])
    bound = 2.0**-23 + angle * 2.0**-21
    for usual, exact in ((cos, angle.cos()), (sin, angle.sin())):
        assert ((usual[0, :, :pairs] - exact).abs() <= bound).all()
        assert torch.equal(usual[..., :pairs], usual[..., axes["pair_distance"] :][..., :pairs])
    assert (cos[0, :, pairs : axes["pair_distance"]] == 1).all()


def test_the_rule_finds_a_shifted_position():
    workload = WORKLOADS["sliding-t1"]
    inputs = make_inputs(workload)
    shifted = {**inputs, "positions": inputs["positions"] - 1}
    q, k, v = reference.naive(*model_arguments(workload, shifted))
    assert violations(workload, inputs, {"q_out": q, "k_out": k, "v_out": v}) != []
