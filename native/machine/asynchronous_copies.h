// The cp.async operations of one warp that are under way (PTX ISA 9.7.9.25.3). The source is read when the copy is
// issued, the destination written when its thread has waited for it: a thread that does not wait sees the old bytes.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "machine/knowledge.h"
#include "machine/memory.h"

namespace decode_lab::machine {

class AsynchronousCopies {
 public:
  // `source_bytes` of each lane are copied, the rest of the destination's is zero. memory is the destination, source
  // the source.
  void issue(Warp& warp, const Operation& operation, LaneMask active, const std::array<uint32_t, kLanes>& source_bytes);
  void commit_group(LaneMask lanes);
  // Completes all but the last `pending` committed groups of each lane; `all`: also copies that are in no group yet.
  void wait_group(Warp& warp, LaneMask lanes, uint32_t pending);
  void wait_all(Warp& warp, LaneMask lanes);
  // Completes the lane's copies for an mbarrier: visible to whom the returned knowledge reaches.
  Knowledge complete(Warp& warp, uint32_t lane);
  void clear();
  // Counts what happens to copies under way, so that one can tell that nothing did.
  uint64_t changes() const { return changes_; }

 private:
  struct Copy {
    uint32_t id;  // in CausalityOrder
    LaneMask lanes;
    uint32_t bytes;  // per lane
    std::array<std::byte*, kLanes> to;
    std::array<uint32_t, kLanes> group;
    LaneBytes data;
  };
  void read_source(Warp& warp, const Operation& operation, LaneMask active,
                   const std::array<uint32_t, kLanes>& source_bytes, Copy& copy) const;
  void find_destination(Warp& warp, const Operation& operation, LaneMask active, Copy& copy) const;
  // Writes what the lanes copy in groups up to theirs in `groups`, oldest first.
  template <class Completed>
  void finish(LaneMask lanes, const std::array<uint32_t, kLanes>& groups, Completed&& completed);

  std::vector<Copy> copies_;
  uint64_t changes_ = 0;
  std::array<uint32_t, kLanes> group_{};  // under construction, one number per group
};

}  // namespace decode_lab::machine
