#include "machine/causality_order.h"

#include <algorithm>

namespace decode_lab::machine {

namespace {
// The asynchronous copies of a warp's lanes count as the lanes of a warp of their own in Knowledge.
constexpr uint32_t kFirstCopyAgent = 32;
}  // namespace

CausalityOrder::CausalityOrder(uint32_t cta, uint32_t warps)
    : cta_(cta), warps_(warps), clocks_(size_t{warps} * warps, 0), lanes_(warps), threads_(warps) {
  for (uint32_t warp = 0; warp < warps; warp++) known(warp, warp) = 1;
}

bool CausalityOrder::ordered(const AccessTime& access, uint32_t lane, uint32_t to_warp, uint32_t to_lane) const {
  const Thread* const thread = find_thread(to_warp, to_lane);
  if (access.cta != cta_)
    return thread != nullptr && thread->past.known.clock(access.cta, access.warp, lane) > access.clock;
  if (access.copy != 0) return ordered_copy(access, lane, to_warp, to_lane);
  if (access.warp == to_warp && lane == to_lane) return true;
  if (thread != nullptr && thread->past.known.clock(cta_, access.warp, lane) > access.clock) return true;
  const Lanes& from = lanes_[access.warp];
  if ((from.exited & lane_bit(lane)) != 0 && access.clock >= from.exit_clock[lane]) return false;
  if (access.warp != to_warp) return access.clock < known(to_warp, access.warp);
  return access.clock < (from.floors ? (*from.floors)[to_lane][lane] : from.floor);
}

bool CausalityOrder::ordered_copy(const AccessTime& access, uint32_t lane, uint32_t to_warp, uint32_t to_lane) const {
  const Copy& copy = copies_[access.copy - 1];
  const Thread* const thread = find_thread(to_warp, to_lane);
  if (thread != nullptr && thread->past.known.clock(cta_, kFirstCopyAgent + access.warp, lane) > access.copy)
    return true;
  return (copy.waited & lane_bit(lane)) != 0 &&
         ordered({access.cta, access.warp, copy.clocks[lane], 0}, lane, to_warp, to_lane);
}

BarrierArrival CausalityOrder::arrive(uint32_t warp, LaneMask lanes, bool waits) {
  BarrierArrival arrival{warp, lanes, waits, {}, past_of(warp, lanes)};
  for (uint32_t of = 0; of < warps_; of++) arrival.clocks.push_back(known(warp, of));
  arrival.clocks[warp]++;
  if (!waits) known(warp, warp)++;
  return arrival;
}

BarrierArrival CausalityOrder::arrive_relaxed(uint32_t warp, LaneMask lanes) const {
  BarrierArrival arrival{warp, lanes, false};
  for_each_lane(lanes, [&](uint32_t lane) {
    if (const Thread* const thread = find_thread(warp, lane); thread != nullptr)
      arrival.past.known.join(thread->fenced_in_cta);
  });
  return arrival;
}

// The lanes come together and the arrival was one of all its lanes: what one of them knows of another is enough.
bool CausalityOrder::follows(uint32_t warp, LaneMask lanes, const BarrierArrival& arrival) const {
  const uint32_t clock = arrival.clocks[arrival.warp];
  bool knows = known(warp, arrival.warp) >= clock;
  for (LaneMask left = lanes; !knows && threads_[warp] && left != 0; left &= left - 1)
    for_each_lane(arrival.lanes, [&](uint32_t lane) {
      const Knowledge& told = (*threads_[warp])[lowest_lane(left)].past.known;
      knows = knows || told.clock(cta_, arrival.warp, lane) >= clock;
    });
  return knows;
}

void CausalityOrder::cta_barrier(const std::vector<BarrierArrival>& arrivals) {
  std::vector<uint32_t> joined(warps_, 0);
  Past past;
  for (const auto& arrival : arrivals) {
    for (uint32_t of = 0; of < arrival.clocks.size(); of++) joined[of] = std::max(joined[of], arrival.clocks[of]);
    past.join(arrival.past);
  }
  for (const auto& arrival : arrivals) {
    if (!arrival.waits) continue;
    learn(arrival.warp, joined);
    if (past.empty()) continue;
    for_each_lane(arrival.lanes, [&](uint32_t lane) { thread(arrival.warp, lane).past.join(past); });
  }
}

// What `joined` covers of its own warp is ordered before each of its lanes.
void CausalityOrder::learn(uint32_t warp, const std::vector<uint32_t>& joined) {
  for (uint32_t of = 0; of < warps_; of++) known(warp, of) = std::max(known(warp, of), joined[of]);
  Lanes& state = lanes_[warp];
  state.floor = std::max(state.floor, joined[warp]);
  if (!state.floors) return;
  for (auto& row : *state.floors)
    for (uint32_t& from : row) from = std::max(from, joined[warp]);
  if (joined[warp] == clock(warp)) state.floors.reset();
}

void CausalityOrder::Past::join(const Past& other) {
  known.join(other.known);
  sc_in_cta.join(other.sc_in_cta);
  sc.join(other.sc);
}

CausalityOrder::Past CausalityOrder::past_of(uint32_t warp, LaneMask lanes) const {
  Past joined;
  if (threads_[warp]) for_each_lane(lanes, [&](uint32_t lane) { joined.join((*threads_[warp])[lane].past); });
  return joined;
}

void CausalityOrder::warp_barrier(uint32_t warp, LaneMask lanes, LaneMask live) {
  if (const Past past = past_of(warp, lanes); !past.empty())
    for_each_lane(lanes, [&](uint32_t lane) { thread(warp, lane).past = past; });
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

CausalityOrder::Thread& CausalityOrder::thread(uint32_t warp, uint32_t lane) {
  if (!threads_[warp]) threads_[warp] = std::make_unique<std::array<Thread, kLanes>>();
  return (*threads_[warp])[lane];
}

// What barriers have told (warp, lane) of the lanes of another warp, or of its own up to now.
Knowledge CausalityOrder::known_of_warp(uint32_t warp, uint32_t lane, uint32_t of) const {
  const Lanes& from = lanes_[of];
  Knowledge::Clocks clocks{};
  for (uint32_t other = 0; other < kLanes; other++) {
    clocks[other] = warp != of ? known(warp, of) : from.floors ? (*from.floors)[lane][other] : from.floor;
    if ((from.exited & lane_bit(other)) != 0) clocks[other] = std::min(clocks[other], from.exit_clock[other]);
  }
  if (warp == of) clocks[lane] = clock(warp) + 1;
  return {cta_, of, clocks};
}

Knowledge CausalityOrder::release(uint32_t warp, uint32_t lane) {
  Knowledge told = thread(warp, lane).past.known;
  for (uint32_t of = 0; of < warps_; of++)
    if (of == warp || known(warp, of) != 0) told.join(known_of_warp(warp, lane, of));
  known(warp, warp)++;
  return told;
}

uint32_t CausalityOrder::issue_copy(LaneMask lanes) {
  copies_.push_back({.pending = lanes});
  return static_cast<uint32_t>(copies_.size());
}

void CausalityOrder::wait_copy(uint32_t copy, uint32_t warp, LaneMask lanes) {
  Copy& state = copies_[copy - 1];
  state.waited |= lanes;
  state.pending &= ~lanes;
  state.latest = clock(warp);
  for_each_lane(lanes, [&](uint32_t lane) { state.clocks[lane] = clock(warp); });
}

Knowledge CausalityOrder::complete_copy(uint32_t copy, uint32_t warp, uint32_t lane) const {
  Knowledge::Clocks clocks{};
  clocks[lane] = copy + 1;
  return {cta_, kFirstCopyAgent + warp, clocks};
}

}  // namespace decode_lab::machine
