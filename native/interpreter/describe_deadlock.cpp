// A deadlock in words: for each barrier who has come and where the others are, for each warp-wide operation which of
// its lanes are missing. Warps in the same situation share a line.
#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "interpreter/describe_findings.h"

namespace decode_lab::interpreter {

namespace {

using machine::BarrierArrival;
using machine::LaneMask;
using machine::Waiting;

constexpr size_t kMostNotes = 40;

std::string hexadecimal_mask(LaneMask mask) {
  std::string digits = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) digits += "0123456789abcdef"[mask >> shift & 15];
  return digits;
}

// "3", "0-15", "0-3, 8": ascending numbers.
std::string ranges(const std::vector<uint32_t>& numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size();) {
    size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) last++;
    text += (text.empty() ? "" : ", ") + std::to_string(numbers[i]) +
            (last == i ? "" : "-" + std::to_string(numbers[last]));
    i = last + 1;
  }
  return text;
}

std::string lanes_text(LaneMask lanes) {
  std::vector<uint32_t> numbers;
  machine::for_each_lane(lanes, [&](uint32_t lane) { numbers.push_back(lane); });
  return (numbers.size() == 1 ? "lane " : "lanes ") + ranges(numbers);
}

std::string warps_text(const std::vector<uint32_t>& warps) {
  return (warps.size() == 1 ? "warp " : "warps ") + ranges(warps);
}

class DeadlockNotes {
 public:
  using Position = std::function<std::string(uint32_t instruction)>;

  DeadlockNotes(const machine::Cta& cta, Position position) : cta_(cta), position_(std::move(position)) {
    for (uint32_t id = 0; id < machine::kCtaBarriers; id++) describe_barrier(id, cta.barriers().numbered()[id]);
    describe_cluster_barrier();
    describe_warps();
    if (lines_.size() <= kMostNotes) return;
    const size_t left = lines_.size() - kMostNotes;
    lines_.resize(kMostNotes);
    lines_.push_back("… and " + std::to_string(left) + " lines more");
  }

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  using Threads = std::vector<LaneMask>;                        // by warp
  using Groups = std::vector<std::pair<std::string, Threads>>;  // who is in which situation, in order of appearance

  void put(Groups& groups, const std::string& situation, uint32_t warp, LaneMask lanes) const {
    auto found =
        std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == situation; });
    if (found == groups.end()) found = groups.insert(found, {situation, Threads(cta_.warp_count(), 0)});
    found->second[warp] |= lanes;
  }

  // "warps 0-3" or "lanes 0-15 of warp 1", one line for each set of lanes.
  void print(const Groups& groups, const std::string& indent) {
    for (const auto& [situation, threads] : groups) {
      std::map<LaneMask, std::vector<uint32_t>> warps_of;
      for (uint32_t warp = 0; warp < threads.size(); warp++) {
        if (threads[warp] == 0) continue;
        const bool whole = threads[warp] == cta_.warp(warp).lanes();
        warps_of[whole ? machine::kAllLanes : threads[warp]].push_back(warp);
      }
      for (const auto& [lanes, warps] : warps_of)
        lines_.push_back(indent + (lanes == machine::kAllLanes ? "" : lanes_text(lanes) + " of ") + warps_text(warps) +
                         ": " + situation);
    }
  }

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
      case Waiting::For::mask:
        break;
    }
    return "waiting at " + at + ", membermask " + hexadecimal_mask(waiting.membermask);
  }

  // Where the threads are that are not among `present`.
  Groups whereabouts(const Threads& present, bool with_exited) const {
    Groups groups;
    for (const Waiting& waiting : cta_.waiting())
      if (const LaneMask lanes = waiting.lanes & ~present[waiting.warp]; lanes != 0)
        put(groups, situation(waiting), waiting.warp, lanes);
    for (uint32_t warp = 0; with_exited && warp < cta_.warp_count(); warp++)
      if (const LaneMask lanes = cta_.warp(warp).lanes() & ~cta_.warp(warp).live() & ~present[warp]; lanes != 0)
        put(groups, "exited", warp, lanes);
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
    Groups groups;
    for (const BarrierArrival& arrival : sorted(barrier.arrivals))
      put(groups,
          arrival.waits ? "waiting at " + position_(arrival.operation->instruction)
                        : "arrived at " + position_(arrival.operation->instruction) + " and went on",
          arrival.warp, arrival.lanes);
    print(groups, "  ");
    const bool awaited = std::any_of(barrier.arrivals.begin(), barrier.arrivals.end(),
                                     [](const auto& arrival) { return arrival.waits; });
    if (awaited) print_missing(whereabouts(threads_of(barrier.arrivals), barrier.expected != 0), "did not come:");
  }

  void print_missing(const Groups& missing, const char* heading) {
    lines_.push_back(std::string("  ") + heading + (missing.empty() ? " the CTA has no other threads" : ""));
    print(missing, "    ");
  }

  void describe_cluster_barrier() {
    const machine::ClusterBarrier& barrier = cta_.barriers().cluster();
    if (barrier.waiting.empty()) return;
    lines_.push_back("the barrier of the cluster expects all " + std::to_string(cta_.live_threads()) +
                     " threads that have not exited, " + std::to_string(live_threads_of(barrier.arrivals)) +
                     " arrived:");
    Groups groups;
    for (const BarrierArrival& arrival : sorted(barrier.arrivals))
      put(groups, "arrived at " + position_(arrival.operation->instruction), arrival.warp, arrival.lanes);
    print(groups, "  ");
    print_missing(whereabouts(threads_of(barrier.arrivals), false), "did not arrive:");
  }

  // Lanes that wait for others of their own warp.
  void describe_warps() {
    std::map<std::pair<uint32_t, std::vector<std::string>>, Groups> blocks;
    for (const Waiting& waiting : cta_.waiting()) {
      if (waiting.what != Waiting::For::warp && waiting.what != Waiting::For::mask) continue;
      const LaneMask awaited = waiting.what == Waiting::For::warp ? machine::kAllLanes : waiting.membermask;
      std::vector<std::string> missing;
      for (const Waiting& other : cta_.waiting()) {
        if (other.warp != waiting.warp || (other.lanes & awaited & ~waiting.lanes) == 0) continue;
        missing.push_back("    " + lanes_text(other.lanes & awaited) + ": " + situation(other));
      }
      put(blocks[{waiting.instruction, missing}],
          situation(waiting) + (waiting.what == Waiting::For::mask ? ", for" : ", but"), waiting.warp, waiting.lanes);
    }
    for (const auto& [key, groups] : blocks) {
      print(groups, "");
      lines_.insert(lines_.end(), key.second.begin(), key.second.end());
    }
  }

  const machine::Cta& cta_;
  Position position_;
  std::vector<std::string> lines_;
};

}  // namespace

Finding FindingWriter::describe_deadlock(const machine::Cta& cta) const {
  const auto& waiting = cta.waiting();
  Finding finding{};
  finding.check = finding.finding_class = "deadlock";
  finding.severity = "error";
  finding.space = "none";
  finding.count = waiting.size();
  auto site_of = [&](const machine::Waiting& at) {
    return site({cta.linear_index(), at.warp, machine::lowest_lane(at.lanes), at.instruction, false});
  };
  finding.first = site_of(waiting.front());
  finding.message = where(finding.first) + " waits at " + finding.first.instruction + " for ever";
  const auto other = std::find_if(waiting.begin(), waiting.end(),
                                  [&](const auto& at) { return at.instruction != waiting.front().instruction; });
  if (other != waiting.end()) {
    finding.has_second = true;
    finding.second = site_of(*other);
    finding.message += ", " + where(finding.second) + " at " + finding.second.instruction;
  }
  finding.notes = DeadlockNotes(cta, [&](uint32_t instruction) {
                    const Site at = site({cta.linear_index(), 0, 0, instruction, false});
                    return at.instruction + " (" + source_position(at) + ")";
                  }).lines();
  return finding;
}

}  // namespace decode_lab::interpreter
