#include "machine/spin_proof.h"

#include <algorithm>
#include <utility>

#include "machine/cta.h"

namespace decode_lab::machine {

namespace {

constexpr uint64_t kChargedTogether = 64;  // steps
constexpr uint64_t kFirstSteps = 16;       // before states are kept anew; then twice as many (Brent 1980)

LaneMask runnable_lanes(const Warp& warp) {
  LaneMask lanes = 0;
  for (const Split& split : warp.splits())
    if (split.state == Split::State::runnable) lanes |= split.lanes;
  return lanes;
}

}  // namespace

bool SpinProof::holds(uint32_t index, uint64_t most_steps) {
  const uint64_t copies = cta_.copies(index).changes();
  repeating_ = 0;
  together_ = false;
  watch_.begin_warp();
  uint64_t next_keep = 0;
  for (uint64_t step = 0; step < most_steps;) {
    const uint64_t end = std::min(step + kChargedTogether, most_steps);
    uint64_t ran = 0;
    Answer answer = Answer::open;
    for (; step < end && answer == Answer::open; step++) {
      if (step == next_keep) {
        if (!cta_.budget().has_host_bytes(LaneStates::bytes_of(cta_.warp(index)))) return cta_.charge(ran), false;
        keep(cta_.warp(index));
        next_keep = std::max(kFirstSteps, 2 * step);
      }
      const bool went_on = cta_.step(index);
      ran += went_on;
      answer = cta_.copies(index).changes() != copies ? Answer::no : look(cta_.warp(index), went_on);
    }
    cta_.charge(ran);
    if (cta_.stop() != Stop::none) return false;
    if (answer == Answer::open) continue;
    if (answer == Answer::yes) collect(cta_.warp(index));
    return answer == Answer::yes;
  }
  return false;
}

// After a step.
SpinProof::Answer SpinProof::look(Warp& warp, bool went_on) {
  if (cta_.stop() != Stop::none || watch_.changed()) return Answer::no;
  if (went_on && watch_.converged() && !std::exchange(together_, true)) {
    repeating_ = 0;
    keep(warp);
  } else if (went_on) {
    compare(warp, watch_.take_stepped());
  }
  return settled(warp) ? Answer::yes : Answer::open;
}

// Every lane repeats itself or waits for others of its warp or CTA.
bool SpinProof::settled(const Warp& warp) const { return (runnable_lanes(warp) & ~repeating_) == 0; }

void SpinProof::keep(Warp& warp) {
  states_.keep(warp, ~repeating_);
  watch_.forget_reads(~repeating_);
  watch_.take_stepped();
  stepped_ = 0;
}

void SpinProof::compare(Warp& warp, LaneMask just_stepped) {
  stepped_ |= just_stepped;
  LaneMask same = 0, asked = 0;
  for (const Split& split : warp.splits()) {
    const LaneMask lanes = split.lanes & just_stepped & ~repeating_;
    asked |= lanes;
    if (lanes != 0) same |= states_.unchanged(warp, split, lanes);
  }
  if (!together_) {
    repeating_ |= same;
    return;
  }
  if (same != asked || (runnable_lanes(warp) & ~stepped_) != 0) return;
  for (const Split& split : warp.splits())
    if (states_.unchanged(warp, split, split.lanes) != split.lanes) return;
  repeating_ = warp.live();
}

// A lane waits for what it reads by strong accesses, if it makes any.
void SpinProof::collect(const Warp& warp) {
  const LaneMask spinning = runnable_lanes(warp);
  LaneMask strong = 0, reading = 0;
  for (const Watch::Read& read : watch_.reads()) {
    if (read.is_strong) strong |= read.lanes;
    reading |= read.lanes;
    if (read.buffer->space != ptx::StateSpace::shared) reads_only_shared_ = false;
  }
  if (!watch_.has_all_reads()) reads_only_shared_ = false;
  auto add = [&](const Waiting& waiting) {
    if (waiting.lanes != 0 && spins_.size() < kMostSpins) spins_.push_back(waiting);
  };
  for (const Watch::Read& read : watch_.reads())
    add({warp.index(),
         read.lanes & spinning & (read.is_strong ? kAllLanes : ~strong),
         read.instruction,
         Waiting::For::memory,
         0,
         0,
         {read.buffer, read.offset, read.bytes}});
  for (const Split& split : warp.splits())
    if (split.state == Split::State::runnable)
      add({warp.index(),
           split.lanes & ~reading,
           cta_.grid().program.operations[split.pc].instruction,
           Waiting::For::nothing,
           0,
           0,
           {}});
}

}  // namespace decode_lab::machine
