// What single lanes of a warp were like at one moment: where they stand in which calls, their registers and their local
// memory. Whatever a lane does next follows from these, from memory that others can write, and from what other lanes
// give it.
#pragma once
#include <array>
#include <cstddef>
#include <vector>

#include "machine/warp.h"

namespace decode_lab::machine {

class LaneStates {
 public:
  // Host bytes that keeping all lanes of the warp takes now.
  static uint64_t bytes_of(Warp& warp);

  void keep(Warp& warp, LaneMask lanes);
  // Those of `lanes`, which stand in `split`, that are as they were kept.
  LaneMask unchanged(Warp& warp, const Split& split, LaneMask lanes) const;

 private:
  std::array<std::vector<std::byte>, kLanes> kept_;
};

}  // namespace decode_lab::machine
