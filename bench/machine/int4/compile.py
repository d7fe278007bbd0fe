"""int4_gemv.cu to the PTX beside it and its provenance; needs nvcc 13.0.88 (kernels/requirements-test.txt)."""

import hashlib
import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[2] / "kernels"))
from decode_kernels.compilers.nvcc import compile_cuda  # noqa: E402

source, target = FOLDER / "int4_gemv.cu", "sm_80"
compiled = compile_cuda(source, FOLDER, target, ["-O3", "-std=c++17", "-lineinfo"])
(FOLDER / f"int4_gemv.{target}.ptx").write_text(compiled.ptx)
provenance = {
    "compiler": "nvcc",
    "version": compiled.version,
    "flags": compiled.flags,
    "source": source.name,
    "sourceSha256": hashlib.sha256(source.read_bytes()).hexdigest(),
    "ptxSha256": hashlib.sha256(compiled.ptx.encode()).hexdigest(),
}
(FOLDER / f"int4_gemv.{target}.json").write_text(json.dumps(provenance, indent=2) + "\n")
