// Loads, stores and read-modify-writes of one warp: finds their places (Resolver), tells the observers, moves bytes,
// and keeps what strong accesses tell each other.
#pragma once
#include <cstddef>

#include "machine/observer.h"

namespace decode_lab::machine {

class Warp;

inline constexpr uint32_t kMostBytesPerLane = 16;
using LaneBytes =
    std::array<std::byte, size_t{kLanes} * kMostBytesPerLane>;  // lane i's bytes start at i * memory.bytes()

// Bytes of lanes that fault read as 0xFF.
void load(Warp& warp, const Operation& operation, LaneMask active, LaneBytes& loaded);
void store(Warp& warp, const Operation& operation, LaneMask active, const LaneBytes& stored);

// Host bytes at a generic address as a lane sees it, untold to observers; null if they are not all in bounds.
const std::byte* peek(Warp& warp, uint64_t address, uint32_t bytes, uint32_t lane);

// Changes the element at `at` for a lane; returns whether it wrote.
class Modification {
 public:
  virtual ~Modification() = default;
  virtual bool apply(uint32_t lane, uint32_t element, ptx::StateSpace space, std::byte* at) = 0;
};
// One lane after the other, lowest first; lanes that fault are left out. Elements of a vector are accesses of their
// own.
void read_modify_write(Warp& warp, const Operation& operation, LaneMask active, Modification& modification);

}  // namespace decode_lab::machine
