// A set of lanes of one warp, lane i = bit i.
#pragma once
#include <bit>
#include <cstdint>

namespace decode_lab::machine {

using LaneMask = uint32_t;

inline constexpr uint32_t kLanes = 32;  // WARP_SZ (PTX ISA 4.5.1)
inline constexpr LaneMask kAllLanes = ~LaneMask{0};

inline constexpr LaneMask lane_bit(uint32_t lane) { return LaneMask{1} << lane; }
inline uint32_t lane_count(LaneMask lanes) { return static_cast<uint32_t>(std::popcount(lanes)); }
inline uint32_t lowest_lane(LaneMask lanes) { return static_cast<uint32_t>(std::countr_zero(lanes)); }

template <class Visit>
void for_each_lane(LaneMask lanes, Visit&& visit) {
  for (; lanes != 0; lanes &= lanes - 1) visit(lowest_lane(lanes));
}

}  // namespace decode_lab::machine
