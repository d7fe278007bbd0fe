"""Paged KV caches as views: where a token's K and V lie, whatever the layout."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class CacheStrides:
    """Elements from one page, slot and head to the next, and from a key to its value; page_size in tokens."""

    page_size: int
    page: int
    slot: int
    head: int
    value: int


def strides_of(kv_cache: Tensor, head_dim: int) -> CacheStrides:
    """Of `[pages, 2, page_size, heads, head_dim]` or `[pages, heads, page_size, 2 * head_dim]`, in any stride order."""
    if kv_cache.dim() == 5:
        page, value, slot, head, _ = kv_cache.stride()
    else:
        page, head, slot, _ = kv_cache.stride()
        value = head_dim
    return CacheStrides(kv_cache.shape[2], page, slot, head, value)


def keys_and_values(kv_cache: Tensor, head_dim: int) -> tuple[Tensor, Tensor]:
    """Views `[pages, page_size, heads, head_dim]` of all keys and of all values."""
    if kv_cache.dim() == 5:
        return kv_cache.unbind(1)
    packed = kv_cache.transpose(1, 2)
    return packed[..., :head_dim], packed[..., head_dim:]


def write(kv_cache: Tensor, slot_mapping: Tensor, k: Tensor, v: Tensor) -> None:
    """Put each token's heads into its slot page * page_size + offset; a negative slot is a padding token's."""
    live = slot_mapping >= 0
    slots, page_size = slot_mapping[live], kv_cache.shape[2]
    for cache, heads in zip(keys_and_values(kv_cache, k.shape[-1]), (k, v), strict=True):
        cache[slots // page_size, slots % page_size] = heads[live]
