"""Heads of compressed-tensors and GPTQ checkpoints to codes and scales, without requantising, as src/int4 reads them.

The result is always (codes uint8 [vocab, hidden], scales [vocab, groups]) with zero point 8, for packing.pack_head.
"""

import numpy as np

from .packing import GROUP_SIZES

# A word of eight zero points 8, as each GPTQ checkpoint format stores it: the first one less 1, the second as it is.
ZERO_WORDS = {"gptq": 0x77777777, "gptq_v2": 0x88888888}


def unpack_nibbles(words: np.ndarray) -> np.ndarray:
    """int32 [rows, words] to codes uint8 [rows, 8 * words], low nibble first."""
    data = np.ascontiguousarray(words).view(np.uint8)
    return np.stack((data & 15, data >> 4), axis=-1).reshape(words.shape[0], -1)


def group_size_of(hidden_size: int, groups: int) -> int | str:
    """The group size that a number of scales per row means; ValueError where Marlin has none such."""
    if groups == 1:
        return "channel"
    if groups <= 0 or hidden_size % groups or hidden_size // groups not in GROUP_SIZES:
        raise ValueError(
            f"{groups} scales to {hidden_size} weights: group sizes are {', '.join(map(str, GROUP_SIZES))}"
        )
    return hidden_size // groups


def refuse_act_order(g_idx: np.ndarray | None, hidden_size: int, groups: int) -> None:
    """ValueError unless row k is in group k // group length."""
    if g_idx is None:
        return
    in_order = np.arange(hidden_size) // (hidden_size // groups)
    if g_idx.shape != in_order.shape:
        raise ValueError(f"g_idx has shape {g_idx.shape}, ({hidden_size},) is needed")
    if (g_idx != in_order).any():
        k = int(np.argmax(g_idx != in_order))
        raise ValueError(f"act-order is not supported: g_idx puts row {k} into group {g_idx[k]}, not {in_order[k]}")


def from_compressed_tensors(
    weight_packed: np.ndarray,
    weight_scale: np.ndarray,
    weight_shape: np.ndarray,
    weight_g_idx: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, int | str]:
    """`pack-quantized`, 4 bits, symmetric: int32 [vocab, hidden/8], scales [vocab, groups], shape [vocab, hidden]."""
    vocab, hidden = (int(extent) for extent in weight_shape)
    if weight_packed.shape != (vocab, hidden // 8) or hidden % 8:
        raise ValueError(f"weight_packed has shape {weight_packed.shape}, ({vocab}, {hidden // 8}) is 4 bits each")
    if weight_scale.ndim != 2 or weight_scale.shape[0] != vocab:
        raise ValueError(f"weight_scale has shape {weight_scale.shape}, ({vocab}, groups) is needed")
    group_size = group_size_of(hidden, weight_scale.shape[1])
    refuse_act_order(weight_g_idx, hidden, weight_scale.shape[1])
    return unpack_nibbles(weight_packed), weight_scale, group_size


def from_gptq(
    qweight: np.ndarray,
    qzeros: np.ndarray,
    scales: np.ndarray,
    g_idx: np.ndarray | None = None,
    checkpoint_format: str = "gptq",
) -> tuple[np.ndarray, np.ndarray, int | str]:
    """4 bits, zero points 8: int32 [hidden/8, vocab], int32 [groups, vocab/8], [groups, vocab], int32 [hidden]."""
    if checkpoint_format not in ZERO_WORDS:
        raise ValueError(f"checkpoint_format is {checkpoint_format}, one of {', '.join(ZERO_WORDS)} is needed")
    hidden, vocab = 8 * qweight.shape[0], qweight.shape[1]
    if scales.ndim != 2 or scales.shape[1] != vocab or qzeros.shape != (scales.shape[0], vocab // 8) or vocab % 8:
        raise ValueError(f"scales {scales.shape} and qzeros {qzeros.shape} are not those of {vocab} columns")
    group_size = group_size_of(hidden, scales.shape[0])
    refuse_act_order(g_idx, hidden, scales.shape[0])
    if (qzeros.view(np.uint32) != ZERO_WORDS[checkpoint_format]).any():
        raise ValueError("zero points other than 8: only symmetric heads can be packed")
    return unpack_nibbles(np.ascontiguousarray(qweight.T)), scales.T, group_size
