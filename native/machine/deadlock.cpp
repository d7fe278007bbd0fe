#include "machine/deadlock.h"

#include <algorithm>
#include <tuple>

#include "machine/cta.h"

namespace decode_lab::machine {

namespace {

// Lanes that have arrived at a barrier wait behind it; which one, the barriers know.
void add_arrived(const Cta& cta, std::vector<Waiting>& waiting) {
  for (uint32_t id = 0; id < kCtaBarriers; id++) {
    const CtaBarrier& barrier = cta.barriers().numbered()[id];
    for (const BarrierArrival& arrival : barrier.arrivals)
      if (arrival.waits)
        waiting.push_back(
            {arrival.warp, arrival.lanes, arrival.operation->instruction, Waiting::For::barrier, id, 0, {}});
  }
  for (const BarrierArrival& arrival : cta.barriers().cluster().waiting)
    waiting.push_back(
        {arrival.warp, arrival.lanes, arrival.operation->instruction, Waiting::For::cluster, kClusterBarrier, 0, {}});
}

void add_converging(const Cta& cta, const Warp& warp, std::vector<Waiting>& waiting) {
  for (const Split& split : warp.splits()) {
    if (split.state != Split::State::converging) continue;
    const Operation& operation = cta.grid().program.operations[split.pc];
    if (operation.kind != Operation::Kind::cta_barrier) {
      for (const auto& [mask, lanes] : warp.named_masks(split, split.lanes))
        waiting.push_back({warp.index(), lanes, operation.instruction, Waiting::For::mask, 0, mask, {}});
      continue;
    }
    const bool is_of_the_cluster = is_of_cluster(static_cast<BarrierForm>(operation.argument));
    const uint32_t id = is_of_the_cluster ? kClusterBarrier : warp.barrier_operand(split, 0);
    waiting.push_back({warp.index(), split.lanes, operation.instruction, Waiting::For::warp, id, 0, {}});
  }
}

}  // namespace

std::vector<Waiting> who_waits(const Cta& cta, const std::vector<Waiting>& spins) {
  std::vector<Waiting> waiting = spins;
  add_arrived(cta, waiting);
  for (uint32_t warp = 0; warp < cta.warp_count(); warp++) add_converging(cta, cta.warp(warp), waiting);
  std::sort(waiting.begin(), waiting.end(), [](const Waiting& a, const Waiting& b) {
    return std::tie(a.instruction, a.warp, a.lanes, a.bytes.offset) <
           std::tie(b.instruction, b.warp, b.lanes, b.bytes.offset);
  });
  return waiting;
}

}  // namespace decode_lab::machine
