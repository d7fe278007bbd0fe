"""PTX text launched through the CUDA driver on torch's current context and stream."""

import ctypes

import torch

from decode_kernels.libcuda import driver, expect

JIT_ERROR_LOG, JIT_ERROR_LOG_BYTES = 5, 6  # CU_JIT_ERROR_LOG_BUFFER and its size
UNSUPPORTED_PTX_VERSION = 222  # CUDA_ERROR_UNSUPPORTED_PTX_VERSION
MAX_DYNAMIC_SHARED_BYTES = 8  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
C_TYPES = {
    "i32": ctypes.c_int32,
    "u32": ctypes.c_uint32,
    "i64": ctypes.c_int64,
    "u64": ctypes.c_uint64,
    "f32": ctypes.c_float,
    "f64": ctypes.c_double,
}


class UnsupportedPtxVersion(Exception):
    """The driver is older than the PTX."""


class Kernel:
    """One entry of a PTX module, loaded into the current context."""

    def __init__(self, ptx: str, entry: str):
        """Load `ptx`; RuntimeError with the assembler's log where the driver refuses it."""
        self.module, self.function = ctypes.c_void_p(), ctypes.c_void_p()
        log = ctypes.create_string_buffer(4096)
        options = (ctypes.c_int * 2)(JIT_ERROR_LOG, JIT_ERROR_LOG_BYTES)
        values = (ctypes.c_void_p * 2)(ctypes.addressof(log), len(log))
        code = driver().cuModuleLoadDataEx(ctypes.byref(self.module), ptx.encode(), 2, options, values)
        if code == UNSUPPORTED_PTX_VERSION:
            raise UnsupportedPtxVersion
        expect(code, f"cuModuleLoadDataEx: {log.value.decode(errors='replace').strip()}")
        code = driver().cuModuleGetFunction(ctypes.byref(self.function), self.module, entry.encode())
        expect(code, f"cuModuleGetFunction {entry}")

    def launch(
        self, grid: list[int], block: list[int], shared_bytes: int, arguments: list[ctypes._SimpleCData]
    ) -> None:
        """Launch on torch's current stream; every argument is a C value of the parameter's type."""
        if shared_bytes > 48 * 1024:
            code = driver().cuFuncSetAttribute(self.function, MAX_DYNAMIC_SHARED_BYTES, shared_bytes)
            expect(code, f"{shared_bytes} bytes of shared memory")
        addresses = (ctypes.c_void_p * len(arguments))(*[ctypes.addressof(argument) for argument in arguments])
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        code = driver().cuLaunchKernel(self.function, *grid, *block, shared_bytes, stream, addresses, None)
        expect(code, f"cuLaunchKernel grid {grid} block {block}")


def c_value(parameter: dict, value: object) -> ctypes._SimpleCData:
    """A tensor as its address, a number in the parameter's type, None as a null pointer."""
    if parameter["kind"] == "scalar":
        return C_TYPES[parameter["dtype"]](value)
    return ctypes.c_uint64(0 if value is None else value.data_ptr())
