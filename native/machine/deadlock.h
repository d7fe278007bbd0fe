// Who waits for whom when no warp of a CTA can go on, or none does more than read what nobody changes.
#pragma once
#include <cstdint>
#include <vector>

#include "machine/lane_mask.h"

namespace decode_lab::machine {

class Cta;
struct Buffer;

// Lanes of one warp that wait at one instruction for the same others.
struct Waiting {
  enum class For : uint8_t {
    barrier,  // the other threads of barrier `id`
    cluster,  // the other threads at the barrier of the cluster
    warp,     // the rest of their own warp at barrier `id`
    mask,     // the lanes of `membermask`
    memory,   // another value of the bytes that they read again and again
    nothing   // they go round a loop that reads no memory
  };
  uint32_t warp;
  LaneMask lanes;
  uint32_t instruction;  // index into the PTX function
  For what;
  uint32_t id;
  LaneMask membermask;
  struct Bytes {
    const Buffer* buffer;
    uint64_t offset;
    uint32_t count;
  } bytes{};
};

// With those who spin; ordered by instruction, then warp.
std::vector<Waiting> who_waits(const Cta& cta, const std::vector<Waiting>& spins);

}  // namespace decode_lab::machine
