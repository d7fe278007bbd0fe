#include "machine/cta_barriers.h"

#include <algorithm>
#include <utility>

#include "machine/cta.h"

namespace decode_lab::machine {

namespace {

BarrierForm form_of(const Operation& operation) { return static_cast<BarrierForm>(operation.argument); }

// May both use one active barrier? .sync and .arrive may, .red only with itself (PTX ISA 9.7.13.1).
bool may_mix(BarrierForm a, BarrierForm b) { return a == b || (!is_reduction(a) && !is_reduction(b)); }

bool first_in_text(const Operation* a, const Operation* b) { return a->instruction < b->instruction; }

// d or p of the lanes that .red lets go on.
void write_reduced(Warp& warp, const BarrierArrival& arrival, uint32_t trues, uint32_t threads) {
  const Operation& operation = *arrival.operation;
  const BarrierForm form = form_of(operation);
  warp.enter_split_of(arrival.lanes);
  if (form == BarrierForm::red_popc) {
    auto* const d = warp.row<uint32_t>(operation.slots[2]);
    return for_each_lane(arrival.lanes, [&](uint32_t lane) { d[lane] = trues; });
  }
  const bool holds = form == BarrierForm::red_and ? trues == threads : trues != 0;
  LaneMask& p = warp.registers().predicate(operation.slots[2]);
  p = (p & ~arrival.lanes) | (holds ? arrival.lanes : 0);
}

}  // namespace

LaneMask WarpArrival::lanes() const {
  LaneMask lanes = 0;
  for (const Part& part : parts) lanes |= part.lanes;
  return lanes;
}

void CtaBarriers::begin() {
  numbered_.fill({});
  cluster_ = {};
  cluster_.unawaited.assign(cta_.warp_count(), 0);
}

void CtaBarriers::arrive(const WarpArrival& arrival) {
  if (arrival.form() == BarrierForm::cluster_wait) return cluster_wait(arrival);
  if (is_of_cluster(arrival.form())) return cluster_arrive(arrival);
  if (!accepts(arrival)) return;
  CtaBarrier& barrier = numbered_[arrival.id];
  report_misuse(arrival, barrier);
  const bool again = std::any_of(barrier.arrivals.begin(), barrier.arrivals.end(), [&](const BarrierArrival& other) {
    return other.warp == arrival.warp && (other.lanes & arrival.lanes()) != 0;
  });
  // A warp may be slow: its second arrival comes behind the barrier's completion, if there is one without it.
  if (again) return barrier.held.push_back(arrival);
  add(arrival, barrier);
}

// Operands a and b in their ranges and the same for all that meet; a barrier without a count expects the whole CTA.
bool CtaBarriers::accepts(const WarpArrival& arrival) {
  const Operation& operation = *arrival.parts.front().operation;
  auto refuse = [&](const std::string& why) { return cta_.trap(operation, why), false; };
  if (arrival.id >= kCtaBarriers) return refuse("barrier " + std::to_string(arrival.id) + ", 0 to 15 are there");
  if (arrival.threads % kLanes != 0)
    return refuse("thread count " + std::to_string(arrival.threads) + " is no multiple of 32");
  if (arrival.form() == BarrierForm::arrive && arrival.threads == 0) return refuse("needs a thread count, found 0");
  CtaBarrier& barrier = numbered_[arrival.id];
  const uint32_t whole_cta = cta_.warp_count() * kLanes;
  auto counted = [&](uint32_t threads) { return threads == 0 ? whole_cta : threads; };
  if (barrier.arrivals.empty()) {
    barrier.expected = arrival.threads;
  } else if (counted(barrier.expected) != counted(arrival.threads)) {
    const Operation* const other = barrier.arrivals.front().operation;
    const uint32_t one = counted(barrier.expected), another = counted(arrival.threads);
    const Operation* const first = std::min(&operation, other, first_in_text);
    const Operation* const second = first == other ? &operation : other;
    return cta_.trap(*first, "barrier " + std::to_string(arrival.id) + " is awaited with " +
                                 std::to_string(std::min(one, another)) + " and with " +
                                 std::to_string(std::max(one, another)) + " threads, see PTX line " +
                                 std::to_string(cta_.grid().program.instruction(*second).line)),
           false;
  }
  if (arrival.threads == 0) barrier.expected = 0;
  return true;
}

// A warp that does not know of the last completion may be counted among those who completed it; .red may meet only
// .red.
void CtaBarriers::report_misuse(const WarpArrival& arrival, CtaBarrier& barrier) {
  const Operation* const operation = arrival.parts.front().operation;
  const auto follows = [&](const BarrierArrival& other) {
    return cta_.order().follows(arrival.warp, arrival.lanes(), other);
  };
  const auto same_lanes = [&](const BarrierArrival& other) {
    return other.warp == arrival.warp && (other.lanes & arrival.lanes()) != 0;
  };
  BarrierMisuse misuse{BarrierMisuse::Kind::reused_early, operation, &cta_, arrival.warp, arrival.lanes(), 0};
  if (!std::all_of(barrier.previous.begin(), barrier.previous.end(), follows) ||
      std::any_of(barrier.arrivals.begin(), barrier.arrivals.end(), same_lanes))
    cta_.report(misuse);
  for (const BarrierArrival& other : barrier.arrivals) {
    if (barrier.mixed || may_mix(arrival.form(), form_of(*other.operation))) continue;
    barrier.mixed = true;
    misuse.kind = BarrierMisuse::Kind::mixed_forms;
    misuse.other = {other.operation, other.warp, other.lanes};
    cta_.report(misuse);
  }
}

void CtaBarriers::add(const WarpArrival& arrival, CtaBarrier& barrier) {
  Warp& warp = cta_.warp(arrival.warp);
  const bool waits = arrival.form() != BarrierForm::arrive;
  BarrierArrival arrived = cta_.order().arrive(arrival.warp, arrival.lanes(), waits);
  for (const auto& [operation, lanes] : arrival.parts) {
    arrived.operation = operation;
    arrived.lanes = lanes;
    barrier.arrivals.push_back(arrived);
    if (!is_reduction(arrival.form())) continue;
    warp.enter_split_of(lanes);
    const LaneMask c = warp.registers().predicate(operation->slots[3]);
    barrier.trues += lane_count(lanes & (operation->source_negated ? ~c : c));
  }
  barrier.arrived_threads += arrival.whole_warp ? kLanes : lane_count(arrival.lanes());
  if (!waits) warp.release(arrival.lanes());
  complete_if_full(barrier);
}

bool CtaBarriers::all_live_threads_in(const std::vector<BarrierArrival>& arrivals) const {
  uint32_t present = 0;
  for (const BarrierArrival& arrival : arrivals) present += lane_count(arrival.lanes & cta_.warp(arrival.warp).live());
  return present >= cta_.live_threads();
}

void CtaBarriers::complete_if_full(CtaBarrier& barrier) {
  if (barrier.arrivals.empty()) return;
  if (barrier.expected != 0 ? barrier.arrived_threads < barrier.expected : !all_live_threads_in(barrier.arrivals))
    return;
  cta_.order().cta_barrier(barrier.arrivals);
  CtaBarrier done = std::move(barrier);
  barrier = {};
  uint32_t threads = 0;
  for (const BarrierArrival& arrival : done.arrivals) threads += lane_count(arrival.lanes);
  for (const BarrierArrival& arrival : done.arrivals) {
    Warp& warp = cta_.warp(arrival.warp);
    if (is_reduction(form_of(*arrival.operation))) write_reduced(warp, arrival, done.trues, threads);
    if (arrival.waits) warp.release(arrival.lanes);
  }
  barrier.previous = std::move(done.arrivals);
  for (const WarpArrival& held : done.held)
    if (accepts(held)) add(held, barrier);
}

void CtaBarriers::threads_exited() {
  for (CtaBarrier& barrier : numbered_) complete_if_full(barrier);
  complete_cluster_if_full();
}

bool CtaBarriers::admit_held() {
  for (CtaBarrier& barrier : numbered_) {
    if (barrier.held.empty()) continue;
    const auto first = std::min_element(barrier.held.begin(), barrier.held.end(),
                                        [](const WarpArrival& a, const WarpArrival& b) { return a.warp < b.warp; });
    const WarpArrival arrival = *first;
    barrier.held.erase(first);
    add(arrival, barrier);
    return true;
  }
  return false;
}

// "Each thread must arrive at the barrier only once before the barrier completes": a second arrival is not counted.
void CtaBarriers::cluster_arrive(const WarpArrival& arrival) {
  LaneMask& unawaited = cluster_.unawaited[arrival.warp];
  const LaneMask lanes = arrival.lanes();
  if ((unawaited & lanes) != 0)
    cta_.report({BarrierMisuse::Kind::reused_early, arrival.parts.front().operation, &cta_, arrival.warp,
                 unawaited & lanes, 0});
  BarrierArrival arrived = arrival.form() == BarrierForm::cluster_arrive
                               ? cta_.order().arrive(arrival.warp, lanes, false)
                               : cta_.order().arrive_relaxed(arrival.warp, lanes);
  for (const auto& [operation, part] : arrival.parts) {
    arrived.operation = operation;
    arrived.lanes = part & ~unawaited;
    if (arrived.lanes != 0) cluster_.arrivals.push_back(arrived);
  }
  unawaited |= lanes;
  cta_.warp(arrival.warp).release(lanes);
  complete_cluster_if_full();
}

void CtaBarriers::cluster_wait(const WarpArrival& arrival) {
  LaneMask pending = 0;
  for (const BarrierArrival& other : cluster_.arrivals)
    if (other.warp == arrival.warp) pending |= other.lanes;
  const LaneMask lanes = arrival.lanes();
  const LaneMask unawaited = cluster_.unawaited[arrival.warp];
  const bool completed = (lanes & ~unawaited) == 0 && (lanes & pending) == 0;
  for (const auto& [operation, part] : arrival.parts)
    cluster_.waiting.push_back({arrival.warp, part, true, {}, {}, operation});
  if (completed) let_waiting_go(cluster_.waiting.size() - arrival.parts.size());
}

void CtaBarriers::let_waiting_go(size_t first) {
  const std::vector<BarrierArrival> waiting(cluster_.waiting.begin() + static_cast<ptrdiff_t>(first),
                                            cluster_.waiting.end());
  cluster_.waiting.resize(first);
  auto met = cluster_.previous;
  met.insert(met.end(), waiting.begin(), waiting.end());
  cta_.order().cta_barrier(met);
  for (const BarrierArrival& arrival : waiting) {
    cluster_.unawaited[arrival.warp] &= ~arrival.lanes;
    cta_.warp(arrival.warp).release(arrival.lanes);
  }
}

void CtaBarriers::complete_cluster_if_full() {
  if (cluster_.arrivals.empty() || !all_live_threads_in(cluster_.arrivals)) return;
  cluster_.previous = std::move(cluster_.arrivals);
  cluster_.arrivals.clear();
  let_waiting_go(0);
}

}  // namespace decode_lab::machine
