#include "interpreter/worker.h"

#include <algorithm>
#include <limits>

namespace decode_lab::interpreter {

namespace {

using machine::Cta;
using machine::Stop;

constexpr uint64_t kTurnOfOne = 1 << 16;  // operations of a CTA that runs alone between looks at whether it goes on

// How CTAs take turns. Seed 0 lets each run for long and starts the next when all others wait for something; other
// seeds begin with several and cut the turns shorter.
struct Turns {
  uint64_t operations;
  uint64_t ctas_at_first;
};

Turns turns_of(uint64_t seed, bool cooperative) {
  machine::Schedule schedule(seed);
  const uint64_t ctas = seed == 0 ? 1 : uint64_t{1} << schedule.below(7);
  return {seed == 0 ? 1 << 16 : uint64_t{1} << (9 + schedule.below(8)),
          cooperative ? std::numeric_limits<uint64_t>::max() : ctas};
}

}  // namespace

std::vector<machine::Observer*> Worker::chosen(const Observers& wanted) {
  std::vector<machine::Observer*> list;
  if (wanted.races) list.push_back(&races_);
  if (wanted.faults) list.push_back(&faults_);
  if (wanted.initialised) list.push_back(&initialised_);
  if (wanted.traffic) list.push_back(&traffic_);
  return list;
}

machine::Cta& Worker::cta_at(uint32_t slot) {
  while (ctas_.size() <= slot)
    ctas_.emplace_back(grid_, budget_, chosen(grid_.launch.observers), watch_, static_cast<uint32_t>(ctas_.size()));
  return ctas_[slot];
}

bool Worker::advance(Cta& cta, uint64_t operations) {
  const Cta::Progress progress = cta.advance(operations);
  if (progress == Cta::Progress::stopped) {
    stopped_ = &cta;
    stuck_ = {&cta};
    budget_.cancel();
  }
  if (progress == Cta::Progress::finished) ended_++;
  return progress == Cta::Progress::finished;
}

// Do CTAs that have just taken their turns wait for ever?
void Worker::end_if_stuck(std::vector<Cta*> ctas, uint64_t instructions, bool alone) {
  std::sort(ctas.begin(), ctas.end(), [](Cta* a, Cta* b) { return a->linear_index() < b->linear_index(); });
  if (stall_.ends(ctas, instructions, alone)) stuck_.assign(ctas.begin(), ctas.end());
  for (const Cta* const cta : ctas) {
    if (cta->stop() == Stop::none || stopped_ != nullptr) continue;
    stopped_ = cta;
    budget_.cancel();
  }
}

void Worker::run_apart(CtaQueue& queue, const Progress& progress) {
  Cta& cta = cta_at(0);
  for (auto block = queue.next(); block.begin < block.end; block = queue.next()) {
    for (uint64_t index = block.begin; index < block.end; index++) {
      cta.begin(index);
      stall_.begin();
      while (!advance(cta, kTurnOfOne)) {
        if (stopped_ == nullptr) end_if_stuck({&cta}, cta.instructions(), grid_.ctas() == 1);
        if (stopped_ != nullptr) return;
      }
      progress(1);
    }
  }
}

void Worker::run_together(const Progress& progress) {
  const Turns turns = turns_of(grid_.launch.seed, grid_.launch.cooperative);
  machine::Schedule schedule(grid_.launch.seed);
  std::vector<uint32_t> active, idle;
  uint64_t next = 0;
  auto start = [&] {
    if (idle.empty()) idle.push_back(static_cast<uint32_t>(active.size()));
    active.push_back(idle.back());
    idle.pop_back();
    cta_at(active.back()).begin(next++);
  };
  stall_.begin();
  while (next < grid_.ctas() && active.size() < turns.ctas_at_first) start();
  while (!active.empty()) {
    std::vector<uint32_t> waiting;
    for (const uint32_t turn : schedule.order(static_cast<uint32_t>(active.size()))) {
      const uint32_t slot = active[turn];
      const bool ended = advance(ctas_[slot], turns.operations);
      if (stopped_ != nullptr) return;
      (ended ? idle : waiting).push_back(slot);
      if (ended) progress(1);
    }
    const bool all_wait = waiting.size() == active.size();
    active = std::move(waiting);
    while (next < grid_.ctas() && (!idle.empty() || all_wait)) {
      start();
      if (idle.empty()) break;
    }
    if (next < grid_.ctas()) continue;
    std::vector<Cta*> ctas;
    for (const uint32_t slot : active) ctas.push_back(&ctas_[slot]);
    end_if_stuck(std::move(ctas), budget_.instructions(), true);
    if (stopped_ != nullptr) return;
  }
}

uint64_t Worker::lane_operations() const {
  uint64_t sum = 0;
  for (const Cta& cta : ctas_) sum += cta.lane_operations();
  return sum;
}

}  // namespace decode_lab::interpreter
