"""Round-to-nearest symmetric int4 in numpy: the bytes of src/int4/quantise.ts and dequantise.ts.

Per group, in float64: scale = max|w| / 7.5, rounded once to the 16-bit type (half to even, at least its smallest normal
number); code = clamp(round(w / scale) + 8, 0, 15), half to even. An all-zero group has scale 1. This is the scale of
marlin/test.py, AutoGPTQ and compressed-tensors for symmetric int4.
"""

import numpy as np

from .packing import GROUP_SIZES, ONE_BITS, ZERO_CODE, group_length

# dtype: stored significand bits, smallest and largest exponent.
_FORMATS = {"bfloat16": (7, -126, 127), "float16": (10, -14, 15)}


def bits_to_values(bits: np.ndarray, dtype: str) -> np.ndarray:
    """float64 values of 16-bit patterns."""
    if dtype == "float16":
        return bits.view(np.float16).astype(np.float64)
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)


def values_to_bits(values: np.ndarray, dtype: str) -> np.ndarray:
    """uint16 patterns of float64 values, rounded once to nearest even; what is too large becomes infinite."""
    stored, least, _ = _FORMATS[dtype]
    with np.errstate(over="ignore"):
        exponent = np.maximum(np.frexp(values)[1] - 1, least) - stored
        rounded = np.where(np.isfinite(values), np.ldexp(np.rint(np.ldexp(values, -exponent)), exponent), values)
        if dtype == "float16":
            return rounded.astype(np.float16).view(np.uint16)
        return (rounded.astype(np.float32).view(np.uint32) >> np.uint32(16)).astype(np.uint16)


def float_head(array: np.ndarray, dtype: str) -> np.ndarray:
    """A head as float32, which holds each value exactly: bfloat16 and float16 as uint16 patterns, or float32."""
    if dtype == "float32":
        return array.astype(np.float32, copy=False)
    return bits_to_values(array, dtype).astype(np.float32)


def quantise(weights: np.ndarray, group_size: int | str, scale_dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """float32 [vocab, hidden] to codes uint8 [vocab, hidden] and scale bits uint16 [vocab, groups]."""
    rows, k = weights.shape
    if group_size not in GROUP_SIZES:
        raise ValueError(f"group size is {group_size}, one of {', '.join(map(str, GROUP_SIZES))} is needed")
    length = group_length(k, group_size)
    if k % length:
        raise ValueError(f"hidden {k} is no multiple of group size {group_size}")
    if not np.isfinite(weights).all():
        row, column = np.argwhere(~np.isfinite(weights))[0]
        found = "NaN" if np.isnan(weights[row, column]) else "infinite"
        raise ValueError(f"the weight at row {row}, column {column} is {found}")
    grouped = weights.astype(np.float64).reshape(rows, k // length, length)
    largest = np.abs(grouped).max(axis=-1)
    stored, least, most = _FORMATS[scale_dtype]
    bits = values_to_bits(np.maximum(largest / 7.5, 2.0**least), scale_dtype)
    bits[largest == 0] = ONE_BITS[scale_dtype]
    scale = bits_to_values(bits, scale_dtype)
    over = ZERO_CODE * scale > (2 - 2.0**-stored) * 2.0**most
    if over.any():
        row, group = np.argwhere(over)[0]
        raise ValueError(
            f"the group at row {row}, column {group * length} has a weight of magnitude {largest[row, group]}, "
            f"whose code times its scale overflows {scale_dtype}"
        )
    codes = np.clip(np.rint(grouped / scale[..., None]) + ZERO_CODE, 0, 15).astype(np.uint8)
    return codes.reshape(rows, k), bits


def dequantise(codes: np.ndarray, scales: np.ndarray, group_size: int | str, scale_dtype: str) -> np.ndarray:
    """float64 [vocab, hidden] as Marlin kernels multiply with it.

    Grouped: (code - 8) * scale rounded to the scale's type. Per channel: exact, since the scale comes after the sum.
    """
    length = group_length(codes.shape[1], group_size)
    scale = np.repeat(bits_to_values(scales, scale_dtype), length, axis=1)
    exact = (codes.astype(np.float64) - ZERO_CODE) * scale
    if group_size == "channel":
        return exact
    return bits_to_values(values_to_bits(exact, scale_dtype), scale_dtype)
