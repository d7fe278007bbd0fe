"""Marlin's layout of int4 weights in numpy: the bytes of src/int4/marlin.ts.

Codes are unsigned with zero point 8. W is [K, N]: K = hidden, N = vocabulary; a checkpoint's head [vocab, hidden] is
its transpose, `codes.T`. Source: IST-DASLab/marlin `_get_perms` and `pack`; vLLM `gptq_marlin_repack` and
`marlin_permute_scales`.
"""

import numpy as np

TILE_K, TILE_N = 16, 64
ZERO_CODE = 8
GROUP_SIZES = (32, 64, 128, "channel")
ONE_BITS = {"bfloat16": 0x3F80, "float16": 0x3C00}  # scale of padding and of all-zero groups

# Element e of a lane's word lies in nibble s with NIBBLE_ORDER[s] == e.
NIBBLE_ORDER = np.array([0, 2, 4, 6, 1, 3, 5, 7])


def check_shape(k: int, n: int, group_size: int | str = "channel") -> None:
    """ValueError for a [K, N] or a group size that Marlin can not hold."""
    if k <= 0 or k % TILE_K:
        raise ValueError(f"hidden is {k}, Marlin needs a multiple of {TILE_K}")
    if n <= 0 or n % TILE_N:
        raise ValueError(f"vocab is {n}, Marlin needs a multiple of {TILE_N}")
    if group_size not in GROUP_SIZES:
        raise ValueError(f"group size is {group_size}, one of {', '.join(map(str, GROUP_SIZES))} is needed")
    if group_size != "channel" and k % group_size:
        raise ValueError(f"hidden {k} is no multiple of group size {group_size}")


def group_length(k: int, group_size: int | str) -> int:
    """Weights that share a scale."""
    return k if group_size == "channel" else int(group_size)


def _tile_places() -> tuple[np.ndarray, np.ndarray]:
    """Row and column in a 16x64 tile of every nibble [128 words, 8] of that tile."""
    word, nibble = np.divmod(np.arange(1024), 8)
    lane, j = np.divmod(word, 4)
    element = NIBBLE_ORDER[nibble]
    row = 2 * (lane % 4) + (element & 1) + 8 * ((element >> 1) & 1)
    column = 16 * j + lane // 4 + 8 * (element >> 2)
    return row.reshape(128, 8), column.reshape(128, 8)


_ROW, _COLUMN = _tile_places()


def pack(codes: np.ndarray) -> np.ndarray:
    """Codes [K, N], 0 to 15, to int32 [K/16, 2N]."""
    k, n = codes.shape
    check_shape(k, n)
    if codes.size and (codes.min() < 0 or codes.max() > 15):
        raise ValueError(f"codes are {codes.min()} to {codes.max()}, 0 to 15 are 4 bits")
    tiles = codes.reshape(k // TILE_K, TILE_K, n // TILE_N, TILE_N).astype(np.uint8)
    words = np.zeros((k // TILE_K, n // TILE_N, 128), np.uint32)
    for s in range(8):
        nibbles = tiles[:, _ROW[:, s], :, _COLUMN[:, s]]  # [128, K/16, N/64]
        words |= np.moveaxis(nibbles, 0, -1).astype(np.uint32) << np.uint32(4 * s)
    return words.reshape(k // TILE_K, 2 * n).view(np.int32)


def unpack(words: np.ndarray) -> np.ndarray:
    """The inverse of pack: int32 [K/16, 2N] to codes uint8 [K, N]."""
    k, n = words.shape[0] * TILE_K, words.shape[1] // 2
    check_shape(k, n)
    tiles = np.ascontiguousarray(words).view(np.uint32).reshape(k // TILE_K, n // TILE_N, 128)
    codes = np.zeros((k // TILE_K, TILE_K, n // TILE_N, TILE_N), np.uint8)
    for s in range(8):
        nibbles = ((tiles >> np.uint32(4 * s)) & np.uint32(15)).astype(np.uint8)
        codes[:, _ROW[:, s], :, _COLUMN[:, s]] = np.moveaxis(nibbles, -1, 0)
    return codes.reshape(k, n)


def scale_order(k: int, group_size: int | str) -> np.ndarray:
    """Column held by each stored position of a run: 64 for grouped scales, 32 for one scale per column."""
    if group_size == "channel" or group_size == k:
        return np.array([2 * i + j for i in range(4) for j in (0, 1, 8, 9, 16, 17, 24, 25)])
    return np.array([i + 8 * j for i in range(8) for j in range(8)])


def permute_scales(scales: np.ndarray, k: int, group_size: int | str) -> np.ndarray:
    """Scales [groups, N] to Marlin's order."""
    check_shape(k, scales.shape[1], group_size)
    order = scale_order(k, group_size)
    return scales.reshape(-1, len(order))[:, order].reshape(scales.shape)


def unpermute_scales(scales: np.ndarray, k: int, group_size: int | str) -> np.ndarray:
    """The inverse of permute_scales."""
    check_shape(k, scales.shape[1], group_size)
    order = np.argsort(scale_order(k, group_size))
    return scales.reshape(-1, len(order))[:, order].reshape(scales.shape)


def pad_columns(codes: np.ndarray, scales: np.ndarray, scale_dtype: str, multiple: int = TILE_N):
    """Codes [K, N] and scale bits [groups, N] with N padded to a multiple: weight 0 under scale 1."""
    if multiple <= 0 or multiple % TILE_N:
        raise ValueError(f"vocab is to be padded to a multiple of {multiple}, Marlin needs a multiple of {TILE_N}")
    more = -codes.shape[1] % multiple
    padded = np.pad(codes, ((0, 0), (0, more)), constant_values=ZERO_CODE)
    return padded, np.pad(scales, ((0, 0), (0, more)), constant_values=ONE_BITS[scale_dtype])


def pack_head(codes: np.ndarray, scales: np.ndarray, group_size: int | str, scale_dtype: str, multiple: int = TILE_N):
    """A checkpoint's rows, codes [vocab, hidden] and scale bits [vocab, groups], to Marlin's words and scale bits."""
    k = codes.shape[1]
    padded, padded_scales = pad_columns(codes.T, scales.T, scale_dtype, multiple)
    return pack(padded), permute_scales(padded_scales, k, group_size)
