#include "machine/causality_order.h"

#include <algorithm>

namespace decode_lab::machine {

CausalityOrder::CausalityOrder(uint32_t warps) : warps_(warps), clocks_(size_t{warps} * warps, 0), lanes_(warps) {
  for (uint32_t warp = 0; warp < warps; warp++) known(warp, warp) = 1;
}

void CausalityOrder::cta_barrier(const std::vector<BarrierArrival>& arrivals) {
  std::vector<uint32_t> joined(warps_, 0);
  for (const auto& arrival : arrivals)
    for (uint32_t of = 0; of < warps_; of++) joined[of] = std::max(joined[of], known(arrival.warp, of));
  for (const auto& arrival : arrivals) joined[arrival.warp] = clock(arrival.warp) + 1;
  for (const auto& arrival : arrivals) {
    std::copy(joined.begin(), joined.end(), &known(arrival.warp, 0));
    lanes_[arrival.warp].floor = joined[arrival.warp];
    lanes_[arrival.warp].floors.reset();
  }
}

void CausalityOrder::warp_barrier(uint32_t warp, LaneMask lanes, LaneMask live) {
  Lanes& state = lanes_[warp];
  const uint32_t next = ++known(warp, warp);
  if ((live & ~lanes) == 0) {
    state.floor = next;
    state.floors.reset();
    return;
  }
  if (!state.floors) {
    state.floors = std::make_unique<Floors>();
    for (auto& row : *state.floors) row.fill(state.floor);
  }
  std::array<uint32_t, kLanes> joined{};
  for_each_lane(lanes, [&](uint32_t lane) {
    for (uint32_t from = 0; from < kLanes; from++) joined[from] = std::max(joined[from], (*state.floors)[lane][from]);
  });
  for_each_lane(lanes, [&](uint32_t lane) { joined[lane] = next; });
  for_each_lane(lanes, [&](uint32_t lane) { (*state.floors)[lane] = joined; });
}

void CausalityOrder::exit(uint32_t warp, LaneMask lanes) {
  lanes_[warp].exited |= lanes;
  for_each_lane(lanes, [&](uint32_t lane) { lanes_[warp].exit_clock[lane] = clock(warp); });
}

}  // namespace decode_lab::machine
