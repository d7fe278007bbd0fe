"""Rounding to int4: against the bytes of src/int4, and against a rule written weight by weight in exact fractions."""

import hashlib
from fractions import Fraction

import numpy as np
import pytest

from decode_kernels.lm_head_int4 import quantise
from int4_golden import decode, load

PATTERNS = {"bfloat16": np.uint16, "float16": np.uint16, "float32": np.float32}
DTYPES = pytest.mark.parametrize("dtype", PATTERNS)
SCALE_DTYPES = pytest.mark.parametrize("scale_dtype", ["bfloat16", "float16"])


def golden_head(dtype):
    golden = load(f"quantise.{dtype}")
    bits = decode(golden["weights"], PATTERNS[dtype], golden["vocab"], golden["hidden"])
    return golden, quantise.float_head(bits, dtype)


@DTYPES
def test_golden(dtype):
    golden, weights = golden_head(dtype)
    assert len(golden["results"]) == 6
    for result in golden["results"]:
        group_size, scale_dtype = result["groupSize"], result["scaleDtype"]
        codes, scales = quantise.quantise(weights, group_size, scale_dtype)
        np.testing.assert_array_equal(codes, decode(result["codes"], np.uint8, *codes.shape))
        np.testing.assert_array_equal(scales, decode(result["scales"], np.uint16, *scales.shape))
        values = quantise.dequantise(codes, scales, group_size, scale_dtype)
        assert hashlib.sha256(values.tobytes()).hexdigest() == result["dequantisedSha256"]


def finite_values(dtype):
    """Every finite value >= 0 of a 16-bit type, ascending."""
    values = quantise.bits_to_values(np.arange(0x7F80 if dtype == "bfloat16" else 0x7C00, dtype=np.uint16), dtype)
    assert (np.diff(values) > 0).all()
    return values


@SCALE_DTYPES
@DTYPES
def test_scale_is_nearest_and_code_is_nearest(dtype, scale_dtype):
    """Exact: no neighbour of the scale is nearer to max|w| / 7.5, no code nearer to w / scale; ties to even."""
    _, weights = golden_head(dtype)
    values = finite_values(scale_dtype)
    least = 2.0**-126 if scale_dtype == "bfloat16" else 2.0**-14
    codes, scales = quantise.quantise(weights, 128, scale_dtype)
    for row, group in np.ndindex(scales.shape):
        span = slice(128 * group, 128 * (group + 1))
        exact = Fraction(float(np.abs(weights[row, span]).max())) * 2 / 15
        bits = int(scales[row, group])
        if exact == 0:
            assert values[bits] == 1
            assert (codes[row, span] == 8).all()
            continue
        wanted = max(exact, Fraction(least))
        near = sorted({bits - 1, bits, bits + 1}, key=lambda b: (abs(Fraction(values[b]) - wanted), b % 2))
        assert near[0] == bits
        scale = Fraction(values[bits])
        for weight, code in zip(weights[row, span][::5], codes[row, span][::5], strict=True):
            nearest = round(Fraction(float(weight)) / scale)  # half to even
            assert code == min(max(nearest + 8, 0), 15)


@SCALE_DTYPES
def test_bits_of_every_value_and_of_midpoints(scale_dtype):
    values = finite_values(scale_dtype)
    bits = np.arange(len(values), dtype=np.uint16)
    np.testing.assert_array_equal(quantise.values_to_bits(values, scale_dtype), bits)
    middle = (values[:-1] + values[1:]) / 2
    to_even = bits[:-1] + (bits[:-1] & 1)
    np.testing.assert_array_equal(quantise.values_to_bits(middle, scale_dtype), to_even)
    np.testing.assert_array_equal(quantise.values_to_bits(np.nextafter(middle, np.inf), scale_dtype), bits[1:])
    np.testing.assert_array_equal(quantise.values_to_bits(np.nextafter(middle, 0), scale_dtype), bits[:-1])
    np.testing.assert_array_equal(quantise.values_to_bits(-values, scale_dtype), bits | 0x8000)


def test_grouped_weights_round_and_channel_weights_do_not():
    codes = np.array([[1, 15] * 16], np.uint8)
    bits = np.array([[0x3F81]], np.uint16)  # 1 + 2^-7
    grouped = quantise.dequantise(codes, bits, 32, "bfloat16")
    channel = quantise.dequantise(codes, bits, "channel", "bfloat16")
    assert channel[0, 0] == -7 * (1 + 2**-7)
    assert grouped[0, 0] == -7.0625  # -7.0546875 lies between -7.03125 and -7.0625
    assert grouped[0, 1] == 7.0625


@pytest.mark.parametrize(("value", "found"), [(np.nan, "NaN"), (np.inf, "infinite"), (-np.inf, "infinite")])
def test_refuses_what_is_not_finite(value, found):
    weights = np.ones((3, 64), np.float32)
    weights[1, 33] = value
    with pytest.raises(ValueError, match=f"row 1, column 33 is {found}"):
        quantise.quantise(weights, 32, "bfloat16")


def test_refuses_overflow_and_group_sizes():
    weights = np.ones((2, 64), np.float32)
    weights[1, 40] = 65500
    with pytest.raises(ValueError, match="row 1, column 32 has a weight of magnitude 65500"):
        quantise.quantise(weights, 32, "float16")
    quantise.quantise(weights, 32, "bfloat16")
    with pytest.raises(ValueError, match="group size is 48"):
        quantise.quantise(weights, 48, "bfloat16")
    with pytest.raises(ValueError, match="no multiple of group size 128"):
        quantise.quantise(weights, 128, "bfloat16")
