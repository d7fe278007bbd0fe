"""The committed PTX of the CUDA kernel on torch's current device and stream, through the CUDA driver."""

import ctypes
import json
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from ..libcuda import driver, expect

FOLDER = Path(__file__).parent
MAX_DYNAMIC_SHARED_BYTES = 8  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
DTYPES = {torch.bfloat16: "bf16", torch.float16: "f16"}
EPILOGUES = {"logits": 0, "argmax": 1, "topk": 2}
THREADS = 256


class Kernel:
    """One epilogue for one kind of scales, loaded into the current context."""

    def __init__(self, epilogue: str, scales: str, dtype: str, device: int):
        """RuntimeError where the device is older than sm_80 or the driver refuses the PTX."""
        capability = torch.cuda.get_device_capability(device)
        if capability < (8, 0):
            raise RuntimeError(f"lm_head_int4 needs sm_80, the device is sm_{capability[0]}{capability[1]}")
        target = "sm_90" if capability >= (9, 0) else "sm_80"
        record = FOLDER / f"artifacts/cuda.{epilogue}-{scales}-{dtype}.{target}.json"
        entry = json.loads(record.read_text())["entry"]
        module, self.function = ctypes.c_void_p(), ctypes.c_void_p()
        ptx = record.with_suffix(".ptx").read_bytes()
        expect(driver().cuModuleLoadData(ctypes.byref(module), ptx), f"loading {record.stem}")
        expect(driver().cuModuleGetFunction(ctypes.byref(self.function), module, entry.encode()), entry)
        self.shared_bytes = shared_bytes(epilogue, scales)
        code = driver().cuFuncSetAttribute(self.function, MAX_DYNAMIC_SHARED_BYTES, self.shared_bytes)
        expect(code, f"{self.shared_bytes} bytes of shared memory")

    def launch(self, num_ctas: int, arguments: list[ctypes._SimpleCData]) -> None:
        """On torch's current stream."""
        addresses = (ctypes.c_void_p * len(arguments))(*[ctypes.addressof(argument) for argument in arguments])
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        grid, block = (num_ctas, 1, 1), (THREADS, 1, 1)
        code = driver().cuLaunchKernel(self.function, *grid, *block, self.shared_bytes, stream, addresses, None)
        expect(code, f"lm_head_int4 with {num_ctas} CTAs")


def shared_bytes(epilogue: str, scales: str) -> int:
    """As launch.sharedBytes in definition.json: rings of weights and hidden values, rings of scales, staged logits."""
    group_size = {"g32": 32, "g128": 128}.get(scales)
    return 40960 + (262144 // group_size if group_size else 0) + (EPILOGUES[epilogue] + 1) % 2 * 33024


@cache
def kernel(epilogue: str, scales: str, dtype: torch.dtype, device: int) -> Kernel:
    """Loaded once per device."""
    return Kernel(epilogue, scales, DTYPES[dtype], device)


@cache
def counter(device: int, stream: int) -> Tensor:
    """Arrivals of one stream's launches, zero between them."""
    return torch.zeros(1, dtype=torch.int32, device=torch.device("cuda", device))


def run(
    epilogue: str,
    hidden: Tensor,
    weights: Tensor,
    scales: Tensor,
    row_map: Tensor | None,
    outputs: dict[str, Tensor],
    numbers: tuple[int, int, int, float, bool],
) -> None:
    """Fill `outputs` (logits, or tokens and values); numbers are num_tokens, vocab_size, k, softcap, round_logits."""
    num_tokens, vocab_size, k, softcap, rounds = numbers
    device, hidden_size, num_columns = hidden.device.index, hidden.shape[1], weights.shape[1] // 2
    kind = "channel" if scales.shape[0] == 1 else f"g{hidden_size // scales.shape[0]}"
    if any(tensor.data_ptr() % 16 != 0 for tensor in (hidden, weights, scales)):
        raise ValueError("hidden, weights and scales start at multiples of 16 bytes")
    with torch.cuda.device(device):
        num_ctas = 2 * torch.cuda.get_device_properties(device).multi_processor_count
        partials = arrivals = None
        if epilogue != "logits":
            partials = torch.empty(num_tokens, k, num_ctas, dtype=torch.int64, device=hidden.device)
            arrivals = counter(device, torch.cuda.current_stream().cuda_stream)
        names = [outputs.get(name) for name in ("logits", "tokens", "values")]
        tensors = [weights, scales, hidden, row_map, *names, partials, arrivals]
        sizes = [num_tokens, hidden_size, num_columns, vocab_size, k]
        arguments = [ctypes.c_uint64(0 if tensor is None else tensor.data_ptr()) for tensor in tensors]
        arguments += [*map(ctypes.c_int32, sizes), ctypes.c_float(softcap), ctypes.c_int32(int(rounds))]
        kernel(epilogue, kind, hidden.dtype, device).launch(num_ctas, arguments)
