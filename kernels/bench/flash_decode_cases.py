"""flash_decode at the shapes of Gemma 4 E4B: one query token per sequence, every copy with its own pages."""

from dataclasses import asdict, dataclass
from functools import partial

import torch
from torch import Tensor

from bench.cases import Case, Prepared
from bench.vector_errors import beyond, output_rule, twice_naive

NUM_QO_HEADS, NUM_KV_HEADS, PAGE_SIZE = 8, 2, 16
SERVED_KV_LEN = 131072  # the longest sequence of the model: split_size follows it, not the sequences at hand
BATCH_SIZES = (1, 4, 8, 16)
ELEMENT = 2  # bytes of bfloat16
SCALE, SOFTCAP = 1.0, 0.0


@dataclass(frozen=True)
class Shape:
    """window 0 is none."""

    batch_size: int
    kv_len: int
    head_dim: int
    window: int
    split_size: int

    @property
    def first_page(self) -> int:
        """The first that holds a visible key."""
        return max(self.kv_len - self.window, 0) // PAGE_SIZE if self.window else 0

    @property
    def end_page(self) -> int:
        """One behind the last."""
        return -(-self.kv_len // PAGE_SIZE)

    @property
    def kv_bytes(self) -> int:
        """Keys and values that the queries see."""
        visible = min(self.kv_len, self.window) if self.window else self.kv_len
        return self.batch_size * visible * 2 * NUM_KV_HEADS * self.head_dim * ELEMENT

    @property
    def stored_bytes(self) -> int:
        """Pages of one copy, and its table."""
        pages = self.batch_size * (self.end_page - self.first_page)
        page_bytes = 2 * PAGE_SIZE * NUM_KV_HEADS * self.head_dim * ELEMENT
        return pages * page_bytes + 4 * self.batch_size * self.end_page

    @property
    def floor_bytes(self) -> int:
        """Keys and values, their places in the table, lengths, q, out and lse; no partial results."""
        table = 4 * self.batch_size * (self.end_page - self.first_page + 1)
        rows = self.batch_size * NUM_QO_HEADS
        return self.kv_bytes + table + rows * (2 * self.head_dim * ELEMENT + 4)

    @property
    def check_bytes(self) -> int:
        """Keys and values of one KV head in float64, for each query head of its group, twice over."""
        group = NUM_QO_HEADS // NUM_KV_HEADS
        return 2 * 2 * 8 * group * self.head_dim * PAGE_SIZE * (self.end_page - self.first_page)


def cases(multiprocessors: int) -> list[Case]:
    """A sliding layer within a longer sequence, and full layers."""
    layers = [("window512", 8192, 256, 512)] + [("full", kv_len, 512, 0) for kv_len in (8192, 32768, 131072)]
    return [
        case(f"{name} kv{kv_len} b{batch}", Shape(batch, kv_len, dim, window, served_split(multiprocessors, window)))
        for name, kv_len, dim, window in layers
        for batch in BATCH_SIZES
    ]


def served_split(multiprocessors: int, window: int) -> int:
    """split_size as a server of the model has it on this device."""
    from decode_kernels.flash_decode.split_heuristic import SplitConfiguration, split_size

    return split_size(SplitConfiguration(multiprocessors, NUM_QO_HEADS, NUM_KV_HEADS, 1, SERVED_KV_LEN, window))


def case(name: str, shape: Shape) -> Case:
    """One case, rotated over pages."""
    partials = 4 * shape.batch_size * NUM_QO_HEADS * (shape.head_dim + 1) * -(-shape.kv_len // shape.split_size)
    memory = (shape.floor_bytes, shape.kv_bytes, shape.stored_bytes, shape.check_bytes + 2 * partials)
    return Case("flash_decode", name, True, asdict(shape), *memory, partial(prepare, shape))


def prepare(shape: Shape, copies: int, device: str) -> Prepared:
    """Pages of a copy are shuffled; the table names no page of the pool where nothing is visible."""
    import decode_kernels.flash_decode.ops  # noqa: F401  registers the operator

    generator = torch.Generator(device).manual_seed(1)
    options = {"dtype": torch.bfloat16, "device": device}
    batch, dim, live = shape.batch_size, shape.head_dim, shape.end_page - shape.first_page
    q = torch.empty(copies, batch, NUM_QO_HEADS, dim, **options).normal_(generator=generator)
    kv_lens = torch.full((batch,), shape.kv_len, dtype=torch.int32, device=device)
    unused = torch.iinfo(torch.int32).max
    inputs = []
    for i in range(copies):
        pool = torch.empty(batch * live, 2, PAGE_SIZE, NUM_KV_HEADS, dim, **options).normal_(generator=generator)
        pool[:, 0] *= dim**-0.5  # scores around 1
        table = torch.full((batch, shape.end_page), unused, dtype=torch.int32, device=device)
        pages = torch.randperm(batch * live, generator=generator, device=device)
        table[:, shape.first_page :] = pages.reshape(batch, live)
        inputs.append((q[i], pool, table, kv_lens))

    operator = torch.ops.decode_kernels.flash_decode
    numbers = (SCALE, SOFTCAP, shape.window, shape.kv_len, shape.split_size)
    calls = [partial(operator, *tensors, *numbers) for tensors in inputs]
    return Prepared(calls, partial(wrong_rows, inputs[-1], shape.window))


def wrong_rows(inputs: tuple[Tensor, ...], window: int, outputs: tuple[Tensor, Tensor]) -> list[str]:
    """The 2x rule by row and the rule of lse, one sequence and KV head at a time; the first faults found."""
    from decode_kernels.flash_decode import reference

    q, pool, table, kv_lens = inputs
    rule, group = output_rule("flash_decode", "lse"), NUM_QO_HEADS // NUM_KV_HEADS
    for i in range(len(kv_lens)):
        for kv_head in range(NUM_KV_HEADS):
            row, heads = slice(i, i + 1), slice(kv_head * group, (kv_head + 1) * group)
            model = (q[row, heads], pool[:, :, :, kv_head : kv_head + 1], table[row], kv_lens[row])
            with torch.device(q.device):
                exact, exact_lse = reference.reference(*model, SCALE, SOFTCAP, window)
                naive, _ = reference.naive(*model, SCALE, SOFTCAP, window)
            where = f"of sequence {i}, KV head {kv_head}"
            found = twice_naive(f"out {where}", outputs[0][row, heads], exact, naive)
            found += beyond(f"lse {where}", outputs[1][row, heads], exact_lse, rule)
            if found:
                return found
    return []
