// Which accesses are ordered before which (PTX ISA 8.9.4, 8.9.5): program order, barriers, release and acquire
// patterns, completed asynchronous copies. Warps of a CTA carry vector clocks; the lanes of a warp are threads of their
// own. Within a CTA that knows barriers alone this is an integer compare; Knowledge grows only where threads release
// and acquire.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "machine/knowledge.h"
#include "machine/lane_mask.h"

namespace decode_lab::machine {

// Threads of a warp at a CTA barrier, with what they knew when they arrived. bar.arrive does not wait: it is a source
// of order only.
struct BarrierArrival;
struct Operation;

// A thread's access: at which clock of its warp. `copy` is not 0 if an asynchronous copy makes it.
struct AccessTime {
  uint32_t cta, warp, clock, copy;
};

class CausalityOrder {
 public:
  // What is ordered before a thread, and what was ordered before each fence.sc that is: of CTA scope or wider by its
  // own CTA, of GPU scope by anyone.
  struct Past {
    Knowledge known, sc_in_cta, sc;
    void join(const Past& other);
    bool empty() const { return known.empty() && sc_in_cta.empty(); }
  };
  // What one thread has learnt and is about to tell.
  struct Thread {
    Past past;
    Past received_in_cta, received;   // by strong reads, not yet acquired by a fence: from its CTA, from anywhere
    Knowledge fenced_in_cta, fenced;  // by its last release fences of at least CTA and GPU scope
  };

  CausalityOrder(uint32_t cta, uint32_t warps);

  uint32_t cta() const { return cta_; }
  uint32_t clock(uint32_t warp) const { return clocks_[warp * warps_ + warp]; }

  // Is the access by `lane` ordered before what (to_warp, to_lane) of this CTA does now?
  bool ordered(const AccessTime& access, uint32_t lane, uint32_t to_warp, uint32_t to_lane) const;
  // Are those of all lanes of the access's warp, other than of the same thread, before all that to_warp does now? May
  // say no where `ordered` says yes.
  bool surely_ordered(const AccessTime& access, uint32_t to_warp) const {
    const Lanes& from = lanes_[access.warp];
    if (access.cta != cta_ || from.exited != 0) return false;
    if (access.copy != 0 && copies_[access.copy - 1].pending != 0) return false;
    const uint32_t clock = access.copy != 0 ? copies_[access.copy - 1].latest : access.clock;
    if (access.warp != to_warp) return clock < clocks_[to_warp * warps_ + access.warp];
    return !from.floors && clock < from.floor;
  }

  BarrierArrival arrive(uint32_t warp, LaneMask lanes, bool waits);
  // barrier.cluster.arrive.relaxed: tells what the threads' fences before it have released.
  BarrierArrival arrive_relaxed(uint32_t warp, LaneMask lanes) const;
  // Does anything order what these lanes do now together after the arrival?
  bool follows(uint32_t warp, LaneMask lanes, const BarrierArrival& arrival) const;
  void cta_barrier(const std::vector<BarrierArrival>& arrivals);    // all have come (9.7.13.1, 9.7.13.3)
  void warp_barrier(uint32_t warp, LaneMask lanes, LaneMask live);  // bar.warp.sync (9.7.13.2)
  void exit(uint32_t warp,
            LaneMask lanes);  // an exited thread reaches no later barrier: nothing orders its last accesses

  Thread& thread(uint32_t warp, uint32_t lane);
  const Thread* find_thread(uint32_t warp, uint32_t lane) const {
    return threads_[warp] ? &(*threads_[warp])[lane] : nullptr;
  }
  // All that is ordered before now for a thread; what it does from here on is not part of it.
  Knowledge release(uint32_t warp, uint32_t lane);

  // cp.async (9.7.9.25.3): an actor of its own until its thread has waited for it.
  uint32_t issue_copy(LaneMask lanes);
  void wait_copy(uint32_t copy, uint32_t warp, LaneMask lanes);                // complete, and visible to these lanes
  Knowledge complete_copy(uint32_t copy, uint32_t warp, uint32_t lane) const;  // visible to whom this is told
  // Would the access be ordered if copies completed where they are issued?
  bool issued_before(AccessTime access, uint32_t lane, uint32_t to_warp, uint32_t to_lane) const {
    access.copy = 0;
    return ordered(access, lane, to_warp, to_lane);
  }

 private:
  using Floors = std::array<std::array<uint32_t, kLanes>, kLanes>;
  struct Lanes {
    uint32_t floor = 1;              // accesses of sibling lanes below this clock are ordered
    std::unique_ptr<Floors> floors;  // [to][from], once a bar.warp.sync named only some lanes
    LaneMask exited = 0;
    std::array<uint32_t, kLanes> exit_clock{};
  };
  struct Copy {
    LaneMask pending;  // lanes that have not waited for what they issued
    LaneMask waited = 0;
    Knowledge::Clocks clocks{};  // of the warp, when the lane waited
    uint32_t latest = 0;         // of them
  };
  uint32_t& known(uint32_t warp, uint32_t of) { return clocks_[warp * warps_ + of]; }
  uint32_t known(uint32_t warp, uint32_t of) const { return clocks_[warp * warps_ + of]; }
  bool ordered_copy(const AccessTime& access, uint32_t lane, uint32_t to_warp, uint32_t to_lane) const;
  Knowledge known_of_warp(uint32_t warp, uint32_t lane, uint32_t of) const;
  Past past_of(uint32_t warp, LaneMask lanes) const;
  void learn(uint32_t warp, const std::vector<uint32_t>& joined);

  uint32_t cta_, warps_;
  std::vector<uint32_t> clocks_;  // [warp][of warp]
  std::vector<Lanes> lanes_;
  std::vector<std::unique_ptr<std::array<Thread, kLanes>>> threads_;  // [warp], null until one releases or acquires
  std::vector<Copy> copies_;                                          // copy i is [i - 1]
};

struct BarrierArrival {
  uint32_t warp;
  LaneMask lanes;
  bool waits = true;
  std::vector<uint32_t> clocks{};  // [of warp]; empty: no source of order but for `past`
  CausalityOrder::Past past{};
  const Operation* operation = nullptr;  // at which they arrive
};

}  // namespace decode_lab::machine
