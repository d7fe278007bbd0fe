"""lm_head_int4 at the head of Gemma 4 E4B: 262144 columns of 2560, rotated over copies of the whole head."""

from dataclasses import asdict, dataclass
from functools import partial

import torch
from torch import Tensor

from bench.cases import Case, Prepared
from bench.marlin_layout import codes, column_scales
from bench.vector_errors import beyond, output_rule, twice_naive

SOFTCAP = 30.0
NUM_TOKENS = (1, 4, 8, 16)
ELEMENT = 2  # bytes of bfloat16
CHUNK = 8192  # columns that the check multiplies at once
LARGEST_K = 64


@dataclass(frozen=True)
class Shape:
    """k 0: logits, 1: arg-max, more: top k. group_size 0: one scale per column."""

    num_tokens: int
    k: int
    group_size: int
    hidden_size: int = 2560
    num_columns: int = 262144

    @property
    def num_groups(self) -> int:
        """Rows of scales."""
        return self.hidden_size // self.group_size if self.group_size else 1

    @property
    def head_bytes(self) -> int:
        """Weights and scales."""
        return self.num_columns * (self.hidden_size // 2 + ELEMENT * self.num_groups)

    @property
    def floor_bytes(self) -> int:
        """The head, hidden, and logits or ids with values; no partial results."""
        outputs = 8 * self.k if self.k else ELEMENT * self.num_columns
        return self.head_bytes + self.num_tokens * (ELEMENT * self.hidden_size + outputs)

    @property
    def check_bytes(self) -> int:
        """Sums in float64 several times over, and a chunk of weights in float64 with what it is made of."""
        return 6 * 8 * self.num_tokens * self.num_columns + 4 * 8 * self.hidden_size * min(CHUNK, self.num_columns)


def cases(multiprocessors: int) -> list[Case]:
    """Arg-max for every number of tokens; logits and the largest top k for the fewest and the most."""
    ends = (NUM_TOKENS[0], NUM_TOKENS[-1])
    return [
        case(f"{name} {scales} m{tokens}", Shape(tokens, k, group_size))
        for name, k, counts in (("argmax", 1, NUM_TOKENS), ("logits", 0, ends), (f"top{LARGEST_K}", LARGEST_K, ends))
        for scales, group_size in (("g128", 128), ("channel", 0))
        for tokens in counts
    ]


def case(name: str, shape: Shape) -> Case:
    """One case, rotated over heads."""
    memory = (shape.floor_bytes, shape.head_bytes, shape.head_bytes, shape.check_bytes)
    return Case("lm_head_int4", name, True, asdict(shape), *memory, partial(prepare, shape))


def prepare(shape: Shape, copies: int, device: str) -> Prepared:
    """Random words are weights: every nibble is a code."""
    import decode_kernels.lm_head_int4.ops  # noqa: F401  registers the operators

    generator = torch.Generator(device).manual_seed(1)
    word = {"dtype": torch.int32, "device": device, "generator": generator}
    options = {"dtype": torch.bfloat16, "device": device}
    hidden = torch.empty(shape.num_tokens, shape.hidden_size, **options).normal_(generator=generator)
    heads = [
        (
            torch.randint(-(2**31), 2**31, (shape.hidden_size // 16, 2 * shape.num_columns), **word),
            torch.empty(shape.num_groups, shape.num_columns, **options).uniform_(0.0075, 0.0125, generator=generator),
        )
        for _ in range(copies)
    ]
    operators = torch.ops.decode_kernels
    if shape.k == 0:
        calls = [partial(operators.lm_head_int4_logits, hidden, *h, shape.num_columns, SOFTCAP, False) for h in heads]
        return Prepared(calls, partial(wrong_logits, hidden, *heads[-1]))
    numbers = (shape.num_columns, shape.k, SOFTCAP, False)
    calls = [partial(operators.lm_head_int4_top_k, hidden, *head, *numbers) for head in heads]
    return Prepared(calls, partial(wrong_places, hidden, *heads[-1]))


def sums(hidden: Tensor, weights: Tensor, scales: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Sums `[num_tokens, num_columns]` and the factor of each column, as reference.sums has them, chunk by chunk."""
    total, per_channel = [], scales.shape[0] == 1
    for start in range(0, scales.shape[1], CHUNK):
        part = codes(weights[:, 2 * start : 2 * (start + CHUNK)]).to(scales.dtype) - 8
        if not per_channel:  # rounded once, to 16 bits
            columns = column_scales(scales[:, start : start + CHUNK].contiguous())
            part = part * columns.repeat_interleave(len(part) // len(columns), dim=0)
        total.append(hidden.to(dtype) @ part.to(dtype))
    factor = column_scales(scales)[0].to(dtype) if per_channel else scales.new_ones(scales.shape[1], dtype=dtype)
    return torch.cat(total, dim=1), factor


def exact_logits(hidden: Tensor, weights: Tensor, scales: Tensor) -> Tensor:
    """Capped, in float64."""
    total, factor = sums(hidden, weights, scales, torch.float64)
    return SOFTCAP * torch.tanh(total * factor / SOFTCAP)


def wrong_logits(hidden: Tensor, weights: Tensor, scales: Tensor, logits: Tensor) -> list[str]:
    """The 2x rule by token."""
    from decode_kernels.lm_head_int4 import reference

    naive = reference.rounded_logits(*sums(hidden, weights, scales, torch.float32), SOFTCAP, hidden.dtype)
    return twice_naive("logits", logits, exact_logits(hidden, weights, scales), naive)


def wrong_places(hidden: Tensor, weights: Tensor, scales: Tensor, outputs: tuple[Tensor, Tensor]) -> list[str]:
    """Values by their rule against the exact k greatest and against the logits of their ids: so an id is the right one
    unless exact logits are within both errors of each other. Ids differ, and values descend."""
    tokens, values = outputs
    exact, rule = exact_logits(hidden, weights, scales), output_rule("lm_head_int4", "values")
    if ((tokens < 0) | (tokens >= exact.shape[1])).any():
        return ["tokens: ids beyond the vocabulary"]
    found = beyond("values", values, exact.topk(tokens.shape[1], dim=1).values, rule)
    found += beyond("tokens: their logits", values, exact.gather(1, tokens.long()), rule)
    if (tokens.sort(dim=1).values.diff(dim=1) == 0).any():
        found.append("tokens: an id twice")
    if (values.diff(dim=1) > 0).any():
        found.append("values: not in descending order")
    return found
