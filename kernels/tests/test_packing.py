"""Marlin's layout: against the golden words, the generator of the original packer, and vLLM's repack kernel."""

import numpy as np
import pytest

from decode_kernels.lm_head_int4 import packing
from int4_golden import decode, load
from marlin_formula import original_pack, position_digit, repack

SHAPES = [(16, 64), (48, 128), (32, 192), (256, 64)]


def test_golden_words():
    golden = load("layout")
    k, n = golden["hidden"], golden["vocab"]
    for digit, text in enumerate(golden["words"]):
        codes, words = position_digit(k, n, digit), decode(text, np.int32, k // 16, 2 * n)
        np.testing.assert_array_equal(packing.pack(codes), words)
        np.testing.assert_array_equal(packing.unpack(words), codes)


@pytest.mark.parametrize("group_size", [32, 64, "channel"])
def test_golden_scales(group_size):
    golden = load("layout")
    n = golden["vocab"]
    groups = 2 if group_size == 32 else 1
    scales = np.arange(n * groups, dtype=np.uint16).reshape(n, groups).T
    expected = decode(golden["scales"][str(group_size)], np.uint16, groups, n)
    np.testing.assert_array_equal(packing.permute_scales(scales, 64, group_size), expected)
    np.testing.assert_array_equal(packing.unpermute_scales(expected, 64, group_size), scales)


@pytest.mark.parametrize(("k", "n"), SHAPES)
def test_is_the_original_packer(k, n):
    for digit in range(4):
        codes = position_digit(k, n, digit)
        np.testing.assert_array_equal(packing.pack(codes), original_pack(codes))


@pytest.mark.parametrize(("k", "n"), SHAPES)
def test_is_the_repack_kernel(k, n):
    codes = np.random.default_rng(1).integers(0, 16, (k, n), dtype=np.uint8)
    gptq = np.zeros((k // 8, n), np.uint32)
    for i in range(8):
        gptq |= codes[i::8].astype(np.uint32) << np.uint32(4 * i)
    np.testing.assert_array_equal(packing.pack(codes), repack(gptq.view(np.int32), k, n))


def test_every_code_in_every_place():
    place = np.arange(1024)
    for code in range(16):
        codes = np.full((1024, 1024), 15 - code, np.uint8)
        codes[place, place] = code
        side_by_side = codes.reshape(1024, 16, 64).transpose(1, 0, 2).reshape(16, 1024 * 64)
        np.testing.assert_array_equal(packing.unpack(packing.pack(side_by_side)), side_by_side)


def test_torch_tensors_of_a_transposed_head():
    torch = pytest.importorskip("torch")
    codes = torch.randint(0, 16, (128, 32), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    words = torch.from_numpy(packing.pack(codes.T.numpy()))
    assert (words.shape, words.dtype) == ((2, 256), torch.int32)
    assert torch.equal(torch.from_numpy(packing.unpack(words.numpy())).T, codes)


@pytest.mark.parametrize("group_size", [32, 128, "channel"])
def test_head_is_padded_with_weight_zero(group_size):
    groups = 256 // packing.group_length(256, group_size)
    codes = np.random.default_rng(2).integers(0, 16, (70, 256), dtype=np.uint8)
    scales = np.arange(70 * groups, dtype=np.uint16).reshape(70, groups)
    words, stored = packing.pack_head(codes, scales, group_size, "bfloat16", 256)
    assert words.shape == (16, 512)
    back, back_scales = packing.unpack(words), packing.unpermute_scales(stored, 256, group_size)
    np.testing.assert_array_equal(back[:, :70], codes.T)
    np.testing.assert_array_equal(back_scales[:, :70], scales.T)
    assert (back[:, 70:] == 8).all()
    assert (back_scales[:, 70:] == 0x3F80).all()


@pytest.mark.parametrize(
    ("k", "n", "group_size", "message"),
    [
        (24, 64, "channel", "hidden is 24, Marlin needs a multiple of 16"),
        (16, 96, "channel", "vocab is 96, Marlin needs a multiple of 64"),
        (0, 64, "channel", "hidden is 0"),
        (48, 64, 32, "hidden 48 is no multiple of group size 32"),
        (48, 64, 48, "group size is 48, one of 32, 64, 128, channel is needed"),
    ],
)
def test_refuses_shapes(k, n, group_size, message):
    with pytest.raises(ValueError, match=message):
        packing.permute_scales(np.zeros((1, n), np.uint16), k, group_size)


def test_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="hidden is 24"):
        packing.pack(np.zeros((24, 64), np.uint8))
    with pytest.raises(ValueError, match="0 to 15 are 4 bits"):
        packing.pack(np.full((16, 64), 16, np.uint8))
    with pytest.raises(ValueError, match="multiple of 96"):
        packing.pad_columns(np.zeros((16, 64), np.uint8), np.zeros((1, 64), np.uint16), "bfloat16", 96)
