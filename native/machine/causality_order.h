// Which accesses of one CTA's threads are ordered before which (PTX ISA 8.9.4, 8.9.5: program order and barriers).
// Warps carry vector clocks; lanes of a warp are separate threads that only barriers order.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "machine/lane_mask.h"

namespace decode_lab::machine {

struct BarrierArrival {
  uint32_t warp;
  LaneMask lanes;
};

class CausalityOrder {
 public:
  explicit CausalityOrder(uint32_t warps);

  uint32_t clock(uint32_t warp) const { return clocks_[warp * warps_ + warp]; }

  // Is an access by (warp, lane) at `clock` ordered before what (to_warp, to_lane) does now?
  bool ordered(uint32_t warp, uint32_t lane, uint32_t clock, uint32_t to_warp, uint32_t to_lane) const {
    if (warp == to_warp && lane == to_lane) return true;
    const Lanes& from = lanes_[warp];
    if ((from.exited & lane_bit(lane)) != 0 && clock >= from.exit_clock[lane]) return false;
    if (warp != to_warp) return clock < clocks_[to_warp * warps_ + warp];
    return clock < (from.floors ? (*from.floors)[to_lane][lane] : from.floor);
  }

  void cta_barrier(const std::vector<BarrierArrival>& arrivals);    // bar.sync, barrier.sync (9.7.13.1)
  void warp_barrier(uint32_t warp, LaneMask lanes, LaneMask live);  // bar.warp.sync (9.7.13.2)
  void exit(uint32_t warp,
            LaneMask lanes);  // an exited thread reaches no later barrier: nothing orders its last accesses

 private:
  using Floors = std::array<std::array<uint32_t, kLanes>, kLanes>;
  struct Lanes {
    uint32_t floor = 1;              // accesses of sibling lanes below this clock are ordered
    std::unique_ptr<Floors> floors;  // [to][from], once a bar.warp.sync named only some lanes
    LaneMask exited = 0;
    std::array<uint32_t, kLanes> exit_clock{};
  };
  uint32_t& known(uint32_t warp, uint32_t of) { return clocks_[warp * warps_ + of]; }

  uint32_t warps_;
  std::vector<uint32_t> clocks_;  // [warp][of warp]
  std::vector<Lanes> lanes_;
};

}  // namespace decode_lab::machine
