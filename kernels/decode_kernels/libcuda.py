"""The CUDA driver's library and its errors."""

import ctypes
from functools import cache


@cache
def driver() -> ctypes.CDLL:
    """libcuda, which torch has loaded and initialised."""
    return ctypes.CDLL("libcuda.so.1")


def expect(code: int, what: str) -> None:
    """RuntimeError naming the driver's error unless `code` is CUDA_SUCCESS."""
    if code == 0:
        return
    name = ctypes.c_char_p()
    driver().cuGetErrorName(code, ctypes.byref(name))
    raise RuntimeError(f"{what}: {(name.value or b'unknown error').decode()} ({code})")
