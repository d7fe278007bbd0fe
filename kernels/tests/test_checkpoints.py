"""Quantised checkpoints: the words that compressed-tensors and AutoGPTQ packed, and what is refused."""

import numpy as np
import pytest

from decode_kernels.lm_head_int4 import checkpoints, packing
from int4_golden import decode, load
from marlin_formula import repack


def compressed_tensors():
    golden = load("compressed-tensors")
    vocab, hidden, groups = golden["vocab"], golden["hidden"], golden["hidden"] // golden["groupSize"]
    tensors = {
        "weight_packed": decode(golden["weight_packed"], np.int32, vocab, hidden // 8),
        "weight_scale": decode(golden["weight_scale"], np.uint16, vocab, groups),
        "weight_shape": np.array([vocab, hidden]),
    }
    return tensors, decode(golden["codes"], np.uint8, vocab, hidden)


def gptq():
    golden = load("gptq")
    vocab, hidden, groups = golden["vocab"], golden["hidden"], golden["hidden"] // golden["groupSize"]
    tensors = {
        "qweight": decode(golden["qweight"], np.int32, hidden // 8, vocab),
        "qzeros": decode(golden["qzeros"], np.int32, groups, vocab // 8),
        "scales": decode(golden["scales"], np.uint16, groups, vocab),
        "g_idx": decode(golden["g_idx"], np.int32, hidden),
    }
    return tensors, decode(golden["codes"], np.uint8, vocab, hidden)


def test_compressed_tensors():
    tensors, expected = compressed_tensors()
    codes, scales, group_size = checkpoints.from_compressed_tensors(**tensors)
    assert group_size == 32
    np.testing.assert_array_equal(codes, expected)
    assert scales is tensors["weight_scale"]


def test_gptq_is_what_the_repack_kernel_makes():
    tensors, expected = gptq()
    codes, scales, group_size = checkpoints.from_gptq(**tensors)
    assert group_size == 32
    np.testing.assert_array_equal(codes, expected)
    np.testing.assert_array_equal(scales, tensors["scales"].T)
    words, _ = packing.pack_head(codes, scales, group_size, "float16")
    vocab, hidden = codes.shape
    np.testing.assert_array_equal(words, repack(tensors["qweight"], hidden, vocab))


def test_gptq_v2_stores_zero_points_as_they_are():
    tensors, _ = gptq()
    second = tensors | {"qzeros": np.full_like(tensors["qzeros"], np.int32(-0x77777778))}
    codes, _, _ = checkpoints.from_gptq(**second, checkpoint_format="gptq_v2")
    np.testing.assert_array_equal(codes, checkpoints.from_gptq(**tensors)[0])
    for wrong, name in ((second, "gptq"), (tensors, "gptq_v2")):
        with pytest.raises(ValueError, match="zero points other than 8"):
            checkpoints.from_gptq(**wrong, checkpoint_format=name)
    with pytest.raises(ValueError, match="checkpoint_format is marlin"):
        checkpoints.from_gptq(**tensors, checkpoint_format="marlin")


def test_one_other_zero_point_is_refused():
    tensors, _ = gptq()
    zeros = tensors["qzeros"].copy()
    zeros[3, 7] ^= 1 << 28
    with pytest.raises(ValueError, match="zero points other than 8"):
        checkpoints.from_gptq(**tensors | {"qzeros": zeros})


def test_act_order_is_refused_by_name():
    tensors, _ = gptq()
    moved = tensors["g_idx"].copy()
    moved[[31, 32]] = moved[[32, 31]]
    with pytest.raises(ValueError, match="act-order is not supported: g_idx puts row 31 into group 1, not 0"):
        checkpoints.from_gptq(**tensors | {"g_idx": moved})
    checkpoints.from_gptq(**tensors | {"g_idx": None})
    packed, _ = compressed_tensors()
    with pytest.raises(ValueError, match="act-order"):
        checkpoints.from_compressed_tensors(**packed, weight_g_idx=moved)


def test_other_shapes_are_refused():
    packed, _ = compressed_tensors()
    with pytest.raises(ValueError, match="is 4 bits each"):
        checkpoints.from_compressed_tensors(**packed | {"weight_shape": np.array([72, 64])})
    with pytest.raises(ValueError, match="3 scales to 128 weights"):
        checkpoints.from_compressed_tensors(**packed | {"weight_scale": packed["weight_scale"][:, :3]})
    tensors, _ = gptq()
    with pytest.raises(ValueError, match="are not those of 64 columns"):
        checkpoints.from_gptq(**tensors | {"scales": tensors["scales"][:, :32]})
