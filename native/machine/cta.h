// One cooperative thread array: its warps, shared memory, barriers and causality order.
#pragma once
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "machine/asynchronous_copies.h"
#include "machine/causality_order.h"
#include "machine/cta_barriers.h"
#include "machine/deadlock.h"
#include "machine/grid.h"
#include "machine/mbarriers.h"
#include "machine/observation_order.h"
#include "machine/observer.h"
#include "machine/prints.h"
#include "machine/schedule.h"
#include "machine/warp.h"
#include "machine/watch.h"

namespace decode_lab::machine {

// Lanes whose own assertion failed, in its words.
struct FailedAssertion {
  uint32_t warp;
  LaneMask lanes;
  uint32_t instruction;
  std::string text;  // "'n > 0' at k.cu:7 in 'void k(int)'"
};

class Cta {
 public:
  // `observers` hear of every CTA that this object runs, one after the other.
  // `watch` is told what the CTA does.
  // `slot`: a number of its own among the CTAs that run at one time.
  Cta(Grid& grid, Budget& budget, std::vector<Observer*> observers, Watch& watch, uint32_t slot);

  enum class Progress : uint8_t { finished, preempted, stopped };
  void begin(uint64_t linear_index);
  Progress advance(uint64_t operations);  // by about so many, to the end of the CTA, or to what stops the launch
  // One instruction of one warp, which `charge` is told of later; returns whether it could go on.
  bool step(uint32_t warp) { return warps_[warp].run(1) != 0; }
  void charge(uint64_t instructions);
  // No warp will go on by itself: lets a held arrival at a barrier pass after all; false if there is none.
  bool admit_held() { return barriers_.admit_held(); }
  // Ends the launch: beside those who wait at barriers and for their warps, `spins` wait for ever.
  void deadlock(const std::vector<Waiting>& spins);
  uint64_t instructions() const { return instructions_; }  // since it began
  Stop stop() const { return stop_; }
  const std::string& reason() const { return reason_; }             // of a trap
  const std::vector<Waiting>& waiting() const { return waiting_; }  // in a deadlock
  const std::optional<FailedAssertion>& failed_assertion() const { return failed_assertion_; }
  const Prints& prints() const { return prints_; }  // of all CTAs that this object ran

  // Called by its warps.
  void arrive(const WarpArrival& arrival) {
    watch_.change();
    barriers_.arrive(arrival);
  }
  void exited(uint32_t warp, LaneMask lanes);
  void trap(const Operation& operation, const std::string& why);
  void fail(const FailedAssertion& assertion);
  void print(const std::string& text) {
    watch_.change();
    budget_.charge_host_bytes(text.size());
    prints_.add(linear_index_, text);
  }
  void report(const BarrierMisuse& misuse);

  Grid& grid() { return grid_; }
  const Grid& grid() const { return grid_; }
  Buffer& shared() { return shared_; }
  Buffer& parameters() { return parameters_; }
  // Of shared or global memory.
  ObservationOrder& observation(ptx::StateSpace space) {
    return space == ptx::StateSpace::shared ? observation_ : grid_.observation;
  }
  const ObservationOrder& observation(ptx::StateSpace space) const {
    return space == ptx::StateSpace::shared ? observation_ : grid_.observation;
  }
  Mbarriers& mbarriers() { return mbarriers_; }
  AsynchronousCopies& copies(uint32_t warp) { return copies_[warp]; }
  Budget& budget() const { return budget_; }
  Watch& watch() { return watch_; }
  uint32_t slot() const { return slot_; }
  CausalityOrder& order() { return order_; }
  const CausalityOrder& order() const { return order_; }
  const std::vector<Observer*>& observers() const { return observers_; }
  uint64_t linear_index() const { return linear_index_; }
  Dim3 index() const { return index_; }
  Dim3 thread_index(uint32_t warp, uint32_t lane) const;
  uint32_t warp_count() const { return static_cast<uint32_t>(warps_.size()); }
  Warp& warp(uint32_t index) { return warps_[index]; }
  const Warp& warp(uint32_t index) const { return warps_[index]; }
  uint32_t live_threads() const { return live_threads_; }
  const CtaBarriers& barriers() const { return barriers_; }
  uint64_t lane_operations() const;

 private:
  Grid& grid_;
  Budget& budget_;
  std::vector<Observer*> observers_;
  Watch& watch_;
  std::vector<std::byte> shared_bytes_;
  Buffer shared_;
  Buffer parameters_;
  CausalityOrder order_;
  ObservationOrder observation_;
  Mbarriers mbarriers_;
  std::vector<AsynchronousCopies> copies_;  // [warp]
  uint32_t slot_;
  std::deque<Warp> warps_;
  Schedule schedule_;
  std::vector<uint32_t> turns_;  // warps in the order in which they run
  CtaBarriers barriers_;
  uint64_t linear_index_ = 0;
  uint64_t instructions_ = 0;
  Dim3 index_{};
  uint32_t live_threads_ = 0;
  Stop stop_ = Stop::none;
  std::string reason_;
  std::vector<Waiting> waiting_;
  std::optional<FailedAssertion> failed_assertion_;
  Prints prints_;
};

}  // namespace decode_lab::machine
