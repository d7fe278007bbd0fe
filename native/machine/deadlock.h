// Who waits for whom when no warp of a CTA can go on.
#pragma once
#include <cstdint>
#include <vector>

#include "machine/lane_mask.h"

namespace decode_lab::machine {

class Cta;

// Lanes of one warp that wait at one instruction for the same others.
struct Waiting {
  enum class For : uint8_t {
    barrier,  // the other threads of barrier `id`
    cluster,  // the other threads at the barrier of the cluster
    warp,     // the rest of their own warp at barrier `id`
    mask      // the lanes of `membermask`
  };
  uint32_t warp;
  LaneMask lanes;
  uint32_t instruction;  // index into the PTX function
  For what;
  uint32_t id;
  LaneMask membermask;
};

// Ordered by instruction, then warp.
std::vector<Waiting> who_waits(const Cta& cta);

}  // namespace decode_lab::machine
