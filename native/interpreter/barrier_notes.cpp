#include "interpreter/deadlock_notes.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "interpreter/thread_groups.h"

namespace decode_lab::interpreter {

namespace {

using machine::BarrierArrival;
using machine::LaneMask;
using machine::Waiting;

std::string hexadecimal_mask(LaneMask mask) {
  std::string digits = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) digits += "0123456789abcdef"[mask >> shift & 15];
  return digits;
}

class DeadlockNotes {
 public:
  DeadlockNotes(const machine::Cta& cta, const PositionOf& position) : cta_(cta), position_(position) {
    for (uint32_t id = 0; id < machine::kCtaBarriers; id++) describe_barrier(id, cta.barriers().numbered()[id]);
    describe_cluster_barrier();
    describe_warps();
  }

  std::vector<std::string> lines() && { return std::move(lines_); }

 private:
  std::string barrier_name(uint32_t id) const {
    return id == machine::kClusterBarrier ? "the barrier of the cluster" : "barrier " + std::to_string(id);
  }

  std::string situation(const Waiting& waiting) const {
    const std::string at = position_(waiting.instruction);
    switch (waiting.what) {
      case Waiting::For::barrier:
        return "waiting at " + barrier_name(waiting.id) + ", " + at;
      case Waiting::For::cluster:
        return "waiting for the cluster, " + at;
      case Waiting::For::warp:
        return "waiting for the rest of the warp at " + barrier_name(waiting.id) + ", " + at;
      case Waiting::For::memory:
        return "spinning at " + at;
      case Waiting::For::nothing:
        return "in an endless loop, " + at;
      case Waiting::For::mask:
        break;
    }
    return "waiting at " + at + ", membermask " + hexadecimal_mask(waiting.membermask);
  }

  // Where the threads are that are not among `present`.
  ThreadGroups whereabouts(const Threads& present, bool with_exited) const {
    ThreadGroups groups(cta_);
    for (const Waiting& waiting : cta_.waiting())
      if (const LaneMask lanes = waiting.lanes & ~present[waiting.warp]; lanes != 0)
        groups.put(situation(waiting), waiting.warp, lanes);
    for (uint32_t warp = 0; with_exited && warp < cta_.warp_count(); warp++)
      if (const LaneMask lanes = cta_.warp(warp).lanes() & ~cta_.warp(warp).live() & ~present[warp]; lanes != 0)
        groups.put("exited", warp, lanes);
    return groups;
  }

  Threads threads_of(const std::vector<BarrierArrival>& arrivals) const {
    Threads threads(cta_.warp_count(), 0);
    for (const BarrierArrival& arrival : arrivals) threads[arrival.warp] |= arrival.lanes;
    return threads;
  }

  // In the order of the text, not of arrival.
  static std::vector<BarrierArrival> sorted(std::vector<BarrierArrival> arrivals) {
    std::sort(arrivals.begin(), arrivals.end(), [](const BarrierArrival& a, const BarrierArrival& b) {
      return std::tie(a.operation->instruction, a.warp, a.lanes) < std::tie(b.operation->instruction, b.warp, b.lanes);
    });
    return arrivals;
  }

  uint32_t live_threads_of(const std::vector<BarrierArrival>& arrivals) const {
    uint32_t count = 0;
    for (const BarrierArrival& arrival : arrivals)
      count += machine::lane_count(arrival.lanes & cta_.warp(arrival.warp).live());
    return count;
  }

  void describe_barrier(uint32_t id, const machine::CtaBarrier& barrier) {
    if (barrier.arrivals.empty()) return;
    const uint32_t came = barrier.expected == 0 ? live_threads_of(barrier.arrivals) : barrier.arrived_threads;
    lines_.push_back(barrier_name(id) + " expects " +
                     (barrier.expected == 0
                          ? "all " + std::to_string(cta_.live_threads()) + " threads that have not exited"
                          : std::to_string(barrier.expected) + " threads") +
                     ", " + std::to_string(came) + " came:");
    ThreadGroups groups(cta_);
    for (const BarrierArrival& arrival : sorted(barrier.arrivals))
      groups.put(arrival.waits ? "waiting at " + position_(arrival.operation->instruction)
                               : "arrived at " + position_(arrival.operation->instruction) + " and went on",
                 arrival.warp, arrival.lanes);
    groups.print("  ", lines_);
    const bool awaited = std::any_of(barrier.arrivals.begin(), barrier.arrivals.end(),
                                     [](const auto& arrival) { return arrival.waits; });
    if (awaited) print_missing(whereabouts(threads_of(barrier.arrivals), barrier.expected != 0), "did not come:");
  }

  void print_missing(const ThreadGroups& missing, const char* heading) {
    lines_.push_back(std::string("  ") + heading + (missing.empty() ? " the CTA has no other threads" : ""));
    missing.print("    ", lines_);
  }

  void describe_cluster_barrier() {
    const machine::ClusterBarrier& barrier = cta_.barriers().cluster();
    if (barrier.waiting.empty()) return;
    lines_.push_back("the barrier of the cluster expects all " + std::to_string(cta_.live_threads()) +
                     " threads that have not exited, " + std::to_string(live_threads_of(barrier.arrivals)) +
                     " arrived:");
    ThreadGroups groups(cta_);
    for (const BarrierArrival& arrival : sorted(barrier.arrivals))
      groups.put("arrived at " + position_(arrival.operation->instruction), arrival.warp, arrival.lanes);
    groups.print("  ", lines_);
    print_missing(whereabouts(threads_of(barrier.arrivals), false), "did not arrive:");
  }

  // Lanes that wait for others of their own warp.
  void describe_warps() {
    std::map<std::pair<uint32_t, std::vector<std::string>>, ThreadGroups> blocks;
    for (const Waiting& waiting : cta_.waiting()) {
      if (waiting.what != Waiting::For::warp && waiting.what != Waiting::For::mask) continue;
      const LaneMask awaited = waiting.what == Waiting::For::warp ? machine::kAllLanes : waiting.membermask;
      std::vector<std::string> missing;
      for (const Waiting& other : cta_.waiting()) {
        if (other.warp != waiting.warp || (other.lanes & awaited & ~waiting.lanes) == 0) continue;
        const std::string line = "    " + lanes_text(other.lanes & awaited) + ": " + situation(other);
        if (missing.empty() || missing.back() != line) missing.push_back(line);
      }
      const auto block = blocks.try_emplace({waiting.instruction, missing}, cta_).first;
      block->second.put(situation(waiting) + (waiting.what == Waiting::For::mask ? ", for" : ", but"), waiting.warp,
                        waiting.lanes);
    }
    for (const auto& [key, groups] : blocks) {
      groups.print("", lines_);
      lines_.insert(lines_.end(), key.second.begin(), key.second.end());
    }
  }

  const machine::Cta& cta_;
  const PositionOf& position_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> barrier_notes(const machine::Cta& cta, const PositionOf& position) {
  return DeadlockNotes(cta, position).lines();
}

}  // namespace decode_lab::interpreter
