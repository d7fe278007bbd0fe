"""qnorm_rope at the shapes of Gemma 4 E4B: warm, as the projection before it leaves its rows, and rotated."""

from dataclasses import asdict, dataclass
from functools import partial

import torch
from torch import Tensor

from bench.cases import Case, Prepared
from bench.vector_errors import twice_naive

NUM_QO_HEADS, EPS, PAGE_SIZE, MAX_POSITION = 8, 1e-6, 16, 131072
NUM_TOKENS = (1, 4, 8, 16)
ELEMENT = 2  # bytes of bfloat16
INDEX_STRIDE = 64  # elements between the positions of two copies: aligned, no two in one sector
POSITION_STEP = 7919  # coprime to MAX_POSITION: neighbouring tokens lie far apart in the table


@dataclass(frozen=True)
class Shape:
    """A layer; num_kv_heads 0 is one that reuses the KV of another."""

    num_tokens: int
    num_kv_heads: int
    head_dim: int
    num_rotary_pairs: int
    pair_distance: int
    rope_theta: int

    @property
    def row(self) -> int:
        """Elements of a packed row."""
        return (NUM_QO_HEADS + 2 * self.num_kv_heads) * self.head_dim

    @property
    def floor_bytes(self) -> int:
        """Rows read and written, a row of the table, a position and a slot per token; a weight for q and one for k."""
        indices = 16 if self.num_kv_heads else 8
        weights = (2 if self.num_kv_heads else 1) * self.head_dim * ELEMENT
        return self.num_tokens * (2 * self.row * ELEMENT + 8 * self.num_rotary_pairs + indices) + weights

    @property
    def touched_bytes(self) -> int:
        """All but q_out, for which torch takes the same memory again."""
        return self.floor_bytes - self.num_tokens * NUM_QO_HEADS * self.head_dim * ELEMENT

    @property
    def stored_bytes(self) -> int:
        """Rows, a page for each token, weights and indices."""
        pages = self.num_tokens * 2 * PAGE_SIZE * self.num_kv_heads
        return ELEMENT * (self.num_tokens * self.row + (pages + 2) * self.head_dim) + 16 * INDEX_STRIDE


def cases(multiprocessors: int) -> list[Case]:
    """Sliding and full layers; with 1 token also those without KV of their own."""
    return [
        case(f"{name}{'' if heads else ' q-only'} t{tokens}", Shape(tokens, heads, *layer), rotated)
        for name, layer in {"sliding": (256, 128, 128, 10_000), "full": (512, 64, 256, 1_000_000)}.items()
        for heads, counts in ((2, NUM_TOKENS), (0, NUM_TOKENS[:1]))
        for tokens in counts
        for rotated in (False, True)
    ]


def case(name: str, shape: Shape, rotated: bool) -> Case:
    """One case; the table of cosines and sines, and the float64 from which it is made, are beside the copies."""
    table_bytes = 4 * MAX_POSITION * 2 * shape.num_rotary_pairs
    memory = (shape.floor_bytes, shape.touched_bytes, shape.stored_bytes, 6 * table_bytes)
    return Case("qnorm_rope", name, rotated, asdict(shape), *memory, partial(prepare, shape))


def prepare(shape: Shape, copies: int, device: str) -> Prepared:
    """Each copy has its rows, weights, positions and pages; slots are the last of a page, as pages fill up."""
    import decode_kernels.qnorm_rope.ops  # noqa: F401  registers the operator
    from decode_kernels.qnorm_rope import reference

    tokens, heads, dim = shape.num_tokens, shape.num_kv_heads, shape.head_dim
    generator = torch.Generator(device).manual_seed(1)
    options = {"dtype": torch.bfloat16, "device": device}
    qkv = torch.empty(copies, tokens, shape.row, **options).normal_(generator=generator)
    weights = torch.empty(copies, 2, dim, **options).uniform_(0.5, 1.5, generator=generator)
    place = torch.arange(copies * tokens, device=device).reshape(copies, tokens)
    positions = torch.zeros(copies, -(-tokens // INDEX_STRIDE) * INDEX_STRIDE, dtype=torch.int64, device=device)
    slots = positions.clone()
    positions[:, :tokens] = place * POSITION_STEP % MAX_POSITION
    slots[:, :tokens] = torch.arange(1, tokens + 1, device=device) * PAGE_SIZE - 1
    rotation = (shape.num_rotary_pairs, shape.pair_distance, shape.rope_theta)
    with torch.device(device):
        cos_sin = reference.cos_sin_table(MAX_POSITION, *rotation)
    layer = reference.Layer(NUM_QO_HEADS, heads, shape.pair_distance)
    pages = torch.zeros(copies, tokens, 2, PAGE_SIZE, heads, dim, **options) if heads else None

    def arguments(i: int) -> tuple:
        cached = (pages[i], slots[i, :tokens]) if heads else (None, None)
        return (qkv[i], *weights[i], cos_sin, positions[i, :tokens], *cached, EPS, NUM_QO_HEADS, heads)

    def faults(outputs: tuple[Tensor, Tensor, Tensor]) -> list[str]:
        last = copies - 1
        with torch.device(device):
            angle = reference.angles(positions[last, :tokens], *rotation)
        model = (qkv[last], *weights[last], angle, EPS, layer)
        exact, naive = reference.reference(*model), reference.naive(*model)
        return wrong_heads(outputs, pages[last] if heads else None, exact, naive)

    operator = torch.ops.decode_kernels.qnorm_rope
    return Prepared([partial(operator, *arguments(i), shape.pair_distance) for i in range(copies)], faults)


def wrong_heads(outputs: tuple, pages: Tensor | None, exact: tuple, naive: tuple) -> list[str]:
    """The 2x rule for q and for what lies in the last slot of each page; other slots are zero, as they were made."""
    got = {"q_out": (outputs[0], exact[0], naive[0])}
    found = []
    if pages is not None:
        got["k in the cache"] = (pages[:, 0, -1], exact[1], naive[1])
        got["v in the cache"] = (pages[:, 1, -1], exact[2], naive[2])
        if pages[:, :, :-1].view(torch.int16).any():
            found.append("the cache: slots of other tokens have changed")
    return found + [line for name, tensors in got.items() for line in twice_naive(name, *tensors)]
