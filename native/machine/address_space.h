// Where the state spaces lie in generic and global addresses (PTX ISA 6.4.1.1).
#pragma once
#include <cstdint>

#include "ptx/types.h"

namespace decode_lab::machine {

// Everything below the first global region belongs to the windows.
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

inline constexpr ptx::StateSpace space_of_generic(uint64_t address) {
  if (address >> kRegionBits != 0) return ptx::StateSpace::global;
  switch (address & ~uint64_t{0xFFFFFFFF}) {
    case kSharedWindow:
      return ptx::StateSpace::shared;
    case kLocalWindow:
      return ptx::StateSpace::local;
    case kConstantWindow:
      return ptx::StateSpace::constant;
    case kParameterWindow:
      return ptx::StateSpace::param;
    default:
      return ptx::StateSpace::global;
  }
}

}  // namespace decode_lab::machine
