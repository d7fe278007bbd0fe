// How alike the bytes are that two unordered stores leave in one cell (class same-value-write, near-value-write).
#pragma once
#include <cstdint>
#include <optional>

#include "machine/observer.h"

namespace decode_lab::observers {

enum class Likeness : uint8_t { same, near, different };

struct Bytes {
  uint64_t begin, end;  // of a buffer
};

// Does what these lanes of a store, which lie side by side, leave there differ from what is there already?
bool differs_from_memory(const machine::Request& request, machine::LaneMask lanes, Bytes bytes);
// The same for who knows where the lowest lane's access begins.
bool differs_from_memory(const machine::Request& request, uint32_t lane, const machine::Place& place, Bytes bytes);

// Compares what `lane` of the request stores there with what those of `lanes` store there that come before it; nothing
// if none of them does.
std::optional<Likeness> compare_with_lanes(const machine::Request& request, uint32_t lane, machine::LaneMask lanes,
                                           Bytes bytes);

}  // namespace decode_lab::observers
