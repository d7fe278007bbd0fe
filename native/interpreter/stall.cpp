#include "interpreter/stall.h"

#include <algorithm>

#include "machine/spin_proof.h"

namespace decode_lab::interpreter {

namespace {

using machine::Cta;
using machine::Waiting;

constexpr uint64_t kFirst = 1 << 17;     // instructions before the first question
constexpr uint64_t kShareOfSteps = 256;  // a warp may take so much less than has run for its proof
constexpr uint64_t kLeastSteps = 1 << 12;

}  // namespace

void Stall::begin() {
  due_ = kFirst;
  watch_.stop();
}

bool Stall::ends(const std::vector<Cta*>& ctas, uint64_t instructions, bool alone) {
  if (instructions < due_) return false;
  if (!watch_.is_on()) return watch_.start(), false;
  const bool found = !watch_.changed() && ask(ctas, std::max(kLeastSteps, instructions / kShareOfSteps), alone);
  watch_.stop();
  due_ = instructions + instructions / 2;
  return found;
}

bool Stall::ask(const std::vector<Cta*>& ctas, uint64_t most_steps, bool alone) {
  std::vector<std::vector<Waiting>> spins;
  bool anybody_waits = false;
  for (Cta* const cta : ctas) {
    machine::SpinProof proof(*cta, watch_);
    for (uint32_t warp = 0; warp < cta->warp_count(); warp++)
      if (!cta->warp(warp).finished() && !proof.holds(warp, most_steps)) return false;
    if (!alone && !proof.reads_only_shared()) return false;
    spins.push_back(proof.spins());
    anybody_waits |= std::any_of(spins.back().begin(), spins.back().end(),
                                 [](const Waiting& spin) { return spin.what == Waiting::For::memory; });
    anybody_waits |= !machine::who_waits(*cta, {}).empty();
  }
  // A warp's second arrival at a barrier was held back in case the first has yet to be counted: now it counts.
  for (Cta* const cta : ctas)
    if (cta->admit_held()) return false;
  if (!anybody_waits) return false;
  for (size_t i = 0; i < ctas.size(); i++) ctas[i]->deadlock(spins[i]);
  return true;
}

}  // namespace decode_lab::interpreter
