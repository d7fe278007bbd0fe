"""Runs kernels in Triton's interpreter on request: a line of JSON, {load}, {run} or {store}, gets a line of JSON."""

import json
import os
import sys
import time
from pathlib import Path

os.environ["TRITON_INTERPRET"] = "1"
import importlib.util

import torch
import triton

ROOT = Path(__file__).resolve().parents[3]
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16, "i64": torch.int64, "i32": torch.int32}


class Kernel:
    """One kernel with its tensors, read from the files of the request."""

    def __init__(self, kernel: dict, files: dict[str, str]):
        spec = importlib.util.spec_from_file_location("interpreted", ROOT / kernel["source"])
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.function = getattr(module, kernel["function"])
        self.grid = tuple(kernel["grid"])
        self.files = files
        self.values = {argument["name"]: self.value(argument) for argument in kernel["arguments"]}
        self.outputs = [argument["name"] for argument in kernel["arguments"] if argument.get("output")]

    def value(self, argument: dict):
        """A tensor, or the number itself."""
        if argument["kind"] != "buffer":
            return argument["value"]
        content = bytearray(Path(self.files[argument["name"]]).read_bytes())
        return torch.frombuffer(content, dtype=DTYPES[argument["dtype"]])

    def run(self) -> float:
        """Seconds of one launch, its outputs poisoned before."""
        for name in self.outputs:
            self.values[name].view(torch.uint8).fill_(0xFF)
        start = time.perf_counter()
        self.function[self.grid](**self.values)
        return time.perf_counter() - start

    def store(self) -> None:
        """Writes the outputs back into their files."""
        for name in self.outputs:
            Path(self.files[name]).write_bytes(self.values[name].view(torch.uint8).numpy().tobytes())


kernels: dict[str, Kernel] = {}
print(
    json.dumps({"python": sys.version.split()[0], "triton": triton.__version__, "torch": torch.__version__}), flush=True
)
for line in sys.stdin:
    request = json.loads(line)
    if "load" in request:
        kernels[request["load"]["name"]] = Kernel(request["load"], request["files"])
        answer = {}
    elif "run" in request:
        answer = {"seconds": kernels[request["run"]].run()}
    else:
        kernels[request["store"]].store()
        answer = {}
    print(json.dumps(answer), flush=True)
