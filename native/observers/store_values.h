// How alike the bytes are that two unordered stores leave in one cell (class same-value-write, near-value-write).
#pragma once
#include <cstdint>
#include <optional>

#include "machine/observer.h"

namespace decode_lab::observers {

enum class Likeness : uint8_t { same, near, different };

// Some bytes of the 4-byte cell that starts at byte `start` of a buffer; bit 0 = lowest address.
struct CellBytes {
  uint64_t start;
  uint8_t bytes;
};

// Compares what `lane` of the request stores there with what is there already.
Likeness compare_with_memory(const machine::Request& request, uint32_t lane, CellBytes cell);

// The same with what those of `lanes` store there that come before `lane` in the request; nothing if none of them does.
std::optional<Likeness> compare_with_lanes(const machine::Request& request, uint32_t lane, machine::LaneMask lanes,
                                           CellBytes cell);

}  // namespace decode_lab::observers
