#include "machine/cta.h"

#include <algorithm>

namespace decode_lab::machine {

Cta::Cta(Grid& grid, Budget& budget, std::vector<Observer*> observers, Watch& watch, uint32_t slot)
    : grid_(grid),
      budget_(budget),
      observers_(std::move(observers)),
      watch_(watch),
      shared_bytes_(grid.program.static_shared_bytes + grid.launch.shared_bytes + grid.program.reserved_shared_bytes),
      shared_("shared", ptx::StateSpace::shared, shared_bytes_.data(), shared_bytes_.size(), false),
      parameters_("param", ptx::StateSpace::param, grid.parameters.data(), grid.parameters.size(), true),
      order_(0, 0),
      slot_(slot),
      schedule_(0),
      barriers_(*this) {
  const uint32_t threads = grid.threads();
  const uint32_t warps = (threads + kLanes - 1) / kLanes;
  budget.charge_host_bytes(warps *
                               (grid.program.entry().register_bytes + uint64_t{2} * kLanes * grid.program.local_bytes) +
                           2 * shared_bytes_.size());
  for (uint32_t warp = 0; warp < warps; warp++) {
    const uint32_t lanes = std::min(kLanes, threads - warp * kLanes);
    copies_.emplace_back();
    warps_.emplace_back(*this, warp, lanes == kLanes ? kAllLanes : lane_bit(lanes) - 1);
  }
}

void Cta::begin(uint64_t linear_index) {
  const Dim3& grid = grid_.launch.grid;
  linear_index_ = linear_index;
  index_ = {static_cast<uint32_t>(linear_index % grid[0]), static_cast<uint32_t>(linear_index / grid[0] % grid[1]),
            static_cast<uint32_t>(linear_index / grid[0] / grid[1])};
  order_ = CausalityOrder(static_cast<uint32_t>(linear_index), warp_count());
  observation_.clear();
  mbarriers_.clear();
  for (AsynchronousCopies& copies : copies_) copies.clear();
  barriers_.begin();
  instructions_ = 0;
  live_threads_ = grid_.threads();
  std::fill(shared_bytes_.begin(), shared_bytes_.end(), std::byte{0xFF});
  shared_.written.clear();
  schedule_ = Schedule(grid_.launch.seed + linear_index);
  turns_ = schedule_.order(warp_count());
  for (Warp& warp : warps_) warp.begin();
  for (Observer* observer : observers_) observer->cta_begins(*this);
}

Cta::Progress Cta::advance(uint64_t operations) {
  for (uint64_t spent = 0; spent < operations;) {
    uint64_t progress = 0;
    bool finished = true;
    for (const uint32_t index : turns_) {
      Warp& warp = warps_[index];
      const uint64_t ran = warp.finished() ? 0 : warp.run(schedule_.slice());
      progress += ran;
      finished = finished && warp.finished();
      charge(ran);
      if (stop_ != Stop::none) return Progress::stopped;
    }
    if (finished) return Progress::finished;
    if (progress == 0 && !barriers_.admit_held()) {
      deadlock({});
      return Progress::stopped;
    }
    spent += progress;
  }
  return Progress::preempted;
}

void Cta::charge(uint64_t instructions) {
  if (instructions == 0) return;
  instructions_ += instructions;
  const Stop budget = budget_.charge(instructions);
  if (stop_ == Stop::none) stop_ = budget;
}

void Cta::deadlock(const std::vector<Waiting>& spins) {
  waiting_ = who_waits(*this, spins);
  stop_ = Stop::deadlocked;
}

Dim3 Cta::thread_index(uint32_t warp, uint32_t lane) const {
  const Dim3& block = grid_.launch.block;
  const uint32_t thread = warp * kLanes + lane;
  return {thread % block[0], thread / block[0] % block[1], thread / block[0] / block[1]};
}

uint64_t Cta::lane_operations() const {
  uint64_t sum = 0;
  for (const Warp& warp : warps_) sum += warp.lane_operations();
  return sum;
}

void Cta::exited(uint32_t warp, LaneMask lanes) {
  watch_.change();
  order_.exit(warp, lanes);
  live_threads_ -= lane_count(lanes);
  barriers_.threads_exited();
}

void Cta::trap(const Operation& operation, const std::string& why) {
  const ptx::Instruction& instruction = grid_.program.instruction(operation);
  stop_ = Stop::trapped;
  reason_ = instruction.text + " at PTX line " + std::to_string(instruction.line) + (why.empty() ? "" : ": " + why);
}

void Cta::fail(const FailedAssertion& assertion) {
  stop_ = Stop::trapped;
  reason_ = "assertion " + assertion.text + " failed";
  failed_assertion_ = assertion;
}

void Cta::report(const BarrierMisuse& misuse) {
  for (Observer* observer : observers_) observer->barrier_misuse(misuse);
}

}  // namespace decode_lab::machine
