// Loads and stores of one warp: resolves addresses, refuses what is misaligned or out of bounds, tells the observers,
// moves bytes.
#pragma once
#include <cstddef>

#include "machine/observer.h"

namespace decode_lab::machine {

class Warp;

// Generic addresses (PTX ISA 6.4.1.1). Everything below the first global region belongs to the windows.
inline constexpr uint64_t kSharedWindow = uint64_t{1} << 32;
inline constexpr uint64_t kLocalWindow = uint64_t{2} << 32;
inline constexpr uint64_t kConstantWindow = uint64_t{3} << 32;
inline constexpr uint64_t kParameterWindow = uint64_t{4} << 32;

inline constexpr uint64_t window_of(ptx::StateSpace space) {
  switch (space) {
    case ptx::StateSpace::shared:
      return kSharedWindow;
    case ptx::StateSpace::local:
      return kLocalWindow;
    case ptx::StateSpace::constant:
      return kConstantWindow;
    case ptx::StateSpace::param:
      return kParameterWindow;
    default:
      return 0;
  }
}

// Global buffer i starts in the middle of region i + 1, so that a stray pointer on either side still names its buffer.
inline constexpr uint32_t kRegionBits = 36;
inline constexpr uint64_t global_base(uint32_t index) {
  return (uint64_t{index} + 1) << kRegionBits | uint64_t{1} << (kRegionBits - 1);
}

inline constexpr uint32_t kMostBytesPerLane = 16;
using LaneBytes =
    std::array<std::byte, size_t{kLanes} * kMostBytesPerLane>;  // lane i's bytes start at i * access.bytes()

// Bytes of lanes that fault read as 0xFF.
void load(Warp& warp, const Operation& operation, LaneMask active, LaneBytes& loaded);
void store(Warp& warp, const Operation& operation, LaneMask active, const LaneBytes& stored);

ptx::StateSpace space_of_generic(uint64_t address);

}  // namespace decode_lab::machine
