// How alike the bytes are that two unordered stores leave at one place (class same-value-write, near-value-write).
#pragma once
#include <cstdint>
#include <optional>

#include "machine/observer.h"

namespace decode_lab::observers {

enum class Likeness : uint8_t { same, near, different };

// Compares what `lane` of the request stores at bytes [begin, end) of its buffer with what is there already.
Likeness compare_with_memory(const machine::Request& request, uint32_t lane, uint64_t begin, uint64_t end);

// The same with what those of `lanes` store there that come before `lane` in the request; nothing if none of them does.
std::optional<Likeness> compare_with_lanes(const machine::Request& request, uint32_t lane, machine::LaneMask lanes,
                                           uint64_t begin, uint64_t end);

}  // namespace decode_lab::observers
