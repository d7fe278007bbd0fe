"""Marlin's layout written down again, apart from packing.py: the first packer's loops, and vLLM's repack kernel."""

import numpy as np


def original_pack(codes):
    """IST-DASLab/marlin: the permutation of 1024 codes as its nested loops generate it."""
    places = []
    for i in range(32):
        lane = []
        for block in (0, 1):
            for row in (2 * (i % 4), 2 * (i % 4) + 1, 2 * (i % 4 + 4), 2 * (i % 4 + 4) + 1):
                lane.append(16 * row + i // 4 + 8 * block)
        places += [place + 256 * j for j in range(4) for place in lane]
    order = np.array(places).reshape(-1, 8)[:, [0, 2, 4, 6, 1, 3, 5, 7]].ravel()
    k, n = codes.shape
    rows = codes.reshape(k // 16, 16, n // 16, 16).transpose(0, 2, 1, 3).reshape(k // 16, n * 16)
    rows = rows.reshape(-1, 1024)[:, order].reshape(rows.shape).astype(np.uint32)
    words = np.zeros((k // 16, 2 * n), np.uint32)
    for i in range(8):
        words |= rows[:, i::8] << np.uint32(4 * i)
    return words.view(np.int32)


def repack(words, k, n):
    """vLLM's gptq_marlin_repack without act-order: int32 [K/8, N] to Marlin's words."""
    values = np.stack([(words.view(np.uint32) >> np.uint32(4 * i)) & 15 for i in range(8)], 1).reshape(k, n)
    out = np.zeros((k // 16, n // 64, 128), np.uint32)
    for warp in range(4):
        for lane in range(32):
            rows = [2 * (lane % 4) + offset for offset in (0, 1, 8, 9)]
            column = 16 * warp + lane // 4
            found = [values[row::16, column + shift :: 64] for shift in (0, 8) for row in rows]
            for i, index in enumerate((0, 2, 4, 6, 1, 3, 5, 7)):
                out[:, :, 4 * lane + warp] |= found[index] << np.uint32(4 * i)
    return out.reshape(k // 16, 2 * n).view(np.int32)


def position_digit(k, n, digit):
    """Hex digit of the position k * N + n: all digits together tell every position from every other."""
    return (np.arange(k * n).reshape(k, n) // 16**digit % 16).astype(np.uint8)
