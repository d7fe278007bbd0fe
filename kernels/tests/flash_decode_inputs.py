"""Inputs of flash_decode's workloads for the Python tests: axes and lengths of the definition, values from torch."""

import json
from pathlib import Path

import torch
from torch import Tensor

from decode_kernels.flash_decode import reference

FOLDER = Path(reference.__file__).parent
DEFINITION = json.loads((FOLDER / "definition.json").read_text())
WORKLOADS = {workload["id"]: workload for workload in DEFINITION["workloads"] if not workload.get("full")}
DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def scalar(workload: dict, name: str) -> float:
    """A scalar input: the workload's value, or the definition's."""
    return workload.get(name, {"values": [DEFINITION["inputs"][name]["value"]]})["values"][0]


def make_inputs(workload: dict) -> dict[str, Tensor]:
    """q, kv_cache, block_table and kv_lens; NaN and pages out of range where nothing may be read."""
    axes = workload["axes"]
    generator = torch.Generator().manual_seed(workload["seed"])
    dtype = DTYPES[workload.get("dtypes", {}).get("activation", "bfloat16")]
    kv_lens = lengths(workload, generator)
    heads, dim, page_size = axes["num_kv_heads"], axes["head_dim"], axes["page_size"]
    interleaved = axes["cache_layout"] == 1
    shape = (heads, page_size, 2 * dim) if interleaved else (2, page_size, heads, dim)
    cache = torch.full((axes["num_pages"], *shape), torch.nan, dtype=dtype)
    table = torch.full((len(kv_lens), axes["max_pages"]), axes["num_pages"] + 1, dtype=torch.int32)
    free = torch.randperm(axes["num_pages"], generator=generator).tolist()
    shared = [free.pop() for _ in range(axes["shared_pages"])]
    deviation = 1 / (scalar(workload, "scale") * dim**0.5)
    for sequence, kv_len in enumerate(kv_lens.tolist()):
        first = max(kv_len - axes["q_len"] + 1 - axes["window"], 0) if axes["window"] else 0
        for index in range(first // page_size, -(-kv_len // page_size)):
            page = shared[index] if index < len(shared) else free.pop()
            table[sequence, index] = page
            tokens = slice(max(first - index * page_size, 0), min(kv_len - index * page_size, page_size))
            count = tokens.stop - tokens.start
            keys = torch.randn(count, heads, dim, generator=generator) * deviation
            values = torch.randn(count, heads, dim, generator=generator)
            if interleaved:
                cache[page, :, tokens] = torch.cat([keys, values], -1).transpose(0, 1).to(dtype)
            else:
                cache[page, :, tokens] = torch.stack([keys, values]).to(dtype)
    rows = axes["batch_size"] * axes["q_len"]
    q = torch.randn(rows, axes["num_qo_heads"], dim, generator=generator).to(dtype)
    return {"q": q, "kv_cache": cache, "block_table": table, "kv_lens": kv_lens}


def lengths(workload: dict, generator: torch.Generator) -> Tensor:
    """kv_lens: the workload's, or the longest and drawn ones."""
    axes = workload["axes"]
    if "kv_lens" in workload:
        return torch.tensor(workload["kv_lens"]["values"], dtype=torch.int32)
    low, high = axes["min_kv_len"], axes["max_kv_len"]
    drawn = torch.randint(low, high + 1, [axes["batch_size"]], generator=generator, dtype=torch.int32)
    drawn[0] = high
    return drawn


def model_arguments(workload: dict, inputs: dict[str, Tensor]) -> tuple:
    """Arguments of reference.reference, naive and run."""
    softcap = scalar(workload, "softcap") if workload["axes"]["has_softcap"] else 0.0
    return (*inputs.values(), scalar(workload, "scale"), softcap, workload["axes"]["window"])


def op_arguments(workload: dict, inputs: dict[str, Tensor]) -> tuple:
    """Arguments of the operator."""
    axes = workload["axes"]
    return (*model_arguments(workload, inputs), axes["max_kv_len"], axes["split_size"])


def violations(workload: dict, inputs: dict[str, Tensor], outputs: tuple[Tensor, Tensor]) -> list[str]:
    """One line for out and for lse where it is beyond its limit: the 2x rule by row, and the rule of the definition."""
    arguments = model_arguments(workload, inputs)
    (exact, exact_lse), (usual, _) = reference.reference(*arguments), reference.naive(*arguments)
    out, lse = outputs[0].cpu().double(), outputs[1].cpu().double()
    norm = torch.linalg.vector_norm(exact, dim=-1)
    ulp = 2.0 ** (-8 if inputs["q"].dtype == torch.bfloat16 else -11)
    limit = 2 * torch.linalg.vector_norm(usual.double() - exact, dim=-1) + ulp * norm
    bad = ~(torch.linalg.vector_norm(out - exact, dim=-1) <= limit)
    rule = DEFINITION["outputs"]["lse"]["rule"]
    near = (lse - exact_lse).abs() <= rule["atol"] + rule["rtol"] * exact_lse.abs()
    bad_lse = ~((near & exact_lse.isfinite()) | (lse == exact_lse))
    counts = {"out": int(bad.sum()), "lse": int(bad_lse.sum())}
    return [f"{name}: {count} of {bad.numel()} rows are off" for name, count in counts.items() if count]
