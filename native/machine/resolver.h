// Where the lanes of one access lie: places by spans, faults told to the observers.
#pragma once
#include <array>
#include <span>

#include "machine/observer.h"

namespace decode_lab::machine {

class Warp;

using Addresses = std::array<uint64_t, kLanes>;
// The lanes' addresses of a load or store, its offset added.
void gather_addresses(Warp& warp, const MemoryAccess& access, Addresses& addresses);

// What is asked of memory, the same for all lanes.
struct Reach {
  Request::Kind kind;
  uint32_t bytes;      // per lane
  uint32_t alignment;  // bytes
};

class Resolver {
 public:
  // `space` may be generic.
  Resolver(Warp& warp, const Operation& operation, ptx::StateSpace space, const Addresses& addresses, Reach reach)
      : warp_(warp), operation_(operation), space_(space), addresses_(addresses), reach_(reach) {}

  // Takes the lanes of the first lane's state space out of `todo`; the places of those that do not fault are then in
  // lanes() and spans().
  ptx::StateSpace resolve(LaneMask& todo);

  LaneMask lanes() const { return lanes_; }
  std::span<const Span> spans() const { return {spans_.data(), count_}; }

  // Where an address of a space, not generic, lies for a lane.
  struct Where {
    Buffer* buffer;        // null: the address belongs to no buffer
    int64_t offset;        // bytes from the start of what this lane may use
    int64_t limit;         // bytes that it may use
    uint64_t host_offset;  // bytes from the start of the buffer
  };
  static Where locate(Warp& warp, ptx::StateSpace space, uint64_t address, uint32_t lane);

 private:
  bool takes(ptx::StateSpace space) const;
  bool resolve_pattern(ptx::StateSpace space, LaneMask active);
  void resolve_lane(ptx::StateSpace space, uint32_t lane);
  void append(uint32_t lane, Place place);
  void fault(Fault::Kind kind, ptx::StateSpace space, const Where& where, uint32_t lane) const;

  Warp& warp_;
  const Operation& operation_;
  ptx::StateSpace space_;
  const Addresses& addresses_;
  Reach reach_;
  LaneMask lanes_ = 0;
  size_t count_ = 0;
  std::array<Span, kLanes> spans_;
};

}  // namespace decode_lab::machine
