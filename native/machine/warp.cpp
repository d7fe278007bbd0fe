// Independent thread scheduling (PTX ISA 3.2): the split with the lowest pc runs first, which reconverges structured
// code, and now and then another one does, so that lanes may wait for their siblings.
#include "machine/warp.h"

#include <algorithm>

#include "machine/cta.h"
#include "machine/observer.h"

namespace decode_lab::machine {

namespace {
constexpr uint64_t kFairnessPeriod = 8;  // every eighth slice belongs to the splits in turn
}

Warp::Warp(Cta& cta, uint32_t index, LaneMask lanes)
    : cta_(cta),
      index_(index),
      lanes_(lanes),
      registers_(cta.grid().program.register_bytes),
      local_bytes_(size_t{kLanes} * cta.grid().program.local_bytes) {
  local_.emplace("local", ptx::StateSpace::local, local_bytes_.data(), local_bytes_.size(), true);
}

void Warp::begin() {
  const Program& program = cta_.grid().program;
  registers_.clear();
  for (const ConstantRow& constant : program.constants) {
    if (constant.bits == 1) registers_.predicate(constant.slot) = constant.value != 0 ? kAllLanes : 0;
    if (constant.bits == 16) std::fill_n(row<uint16_t>(constant.slot), kLanes, static_cast<uint16_t>(constant.value));
    if (constant.bits == 32) std::fill_n(row<uint32_t>(constant.slot), kLanes, static_cast<uint32_t>(constant.value));
    if (constant.bits == 64) std::fill_n(row<uint64_t>(constant.slot), kLanes, constant.value);
  }
  for (const SpecialRow& special : program.specials) fill_special_register(*this, special.which, special.slot);
  exited_ = 0;
  slices_ = 0;
  splits_.assign(1, {0, lanes_, Split::State::runnable});
}

uint64_t Warp::run(uint64_t operations) {
  uint64_t left = operations;
  slices_++;
  while (left > 0 && !splits_.empty() && cta_.stop() == Stop::none) {
    merge();
    if (Split* split = pick(); split != nullptr) {
      step_until_switch(static_cast<size_t>(split - splits_.data()), left);
    } else if (settle_converging()) {
      left--;
    } else {
      break;
    }
  }
  return operations - left;
}

Split* Warp::pick() {
  Split* lowest = nullptr;
  uint64_t runnable = 0;
  for (Split& split : splits_) {
    if (split.state != Split::State::runnable) continue;
    runnable++;
    if (lowest == nullptr || split.pc < lowest->pc) lowest = &split;
  }
  if (runnable < 2 || slices_ % kFairnessPeriod != 0) return lowest;
  uint64_t turn = slices_ / kFairnessPeriod % runnable;
  for (Split& split : splits_)
    if (split.state == Split::State::runnable && turn-- == 0) return &split;
  return lowest;
}

void Warp::merge() {
  for (size_t i = 0; i < splits_.size(); i++) {
    for (size_t j = i + 1; j < splits_.size();) {
      Split &one = splits_[i], &other = splits_[j];
      const bool waits = one.state == Split::State::at_cta_barrier || other.state == Split::State::at_cta_barrier;
      if (one.pc != other.pc || waits) {
        j++;
        continue;
      }
      one.lanes |= other.lanes;
      one.state = Split::State::runnable;
      splits_.erase(splits_.begin() + static_cast<ptrdiff_t>(j));
    }
  }
}

LaneMask Warp::guarded(const Operation& operation, LaneMask lanes) {
  if (operation.guard == kNoSlot) return lanes;
  const LaneMask guard = registers_.predicate(operation.guard);
  return lanes & (operation.guard_negated ? ~guard : guard);
}

void Warp::step_until_switch(size_t at, uint64_t& left) {
  const auto& operations = cta_.grid().program.operations;
  const bool in_turn = slices_ % kFairnessPeriod != 0;
  const size_t splits_before = splits_.size();
  while (left > 0) {
    const Operation& operation = operations[splits_[at].pc];
    const LaneMask active = guarded(operation, splits_[at].lanes);
    left--;
    lane_operations_ += lane_count(active);
    switch (operation.kind) {
      case Operation::Kind::lanewise:
        if (active != 0) operation.run(*this, operation, active);
        splits_[at].pc++;
        break;
      case Operation::Kind::branch:
        take_branch(at, operation, active);
        break;
      case Operation::Kind::exit:
        exit(at, active);
        return;
      case Operation::Kind::cta_barrier:
        reach_cta_barrier(at, operation, active);
        return;
      case Operation::Kind::warp_convergent:
      case Operation::Kind::warp_barrier:
        if (!run_convergent(at, operation, active)) return;
        break;
      case Operation::Kind::trap:
        if (active != 0) return cta_.trap(operation, "");
        splits_[at].pc++;
        break;
    }
    if (splits_.size() != splits_before) return;
    for (size_t other = 0; splits_.size() > 1 && other < splits_.size(); other++) {
      if (other == at || splits_[other].state == Split::State::at_cta_barrier) continue;
      if (splits_[other].pc == splits_[at].pc) return;
      if (in_turn && splits_[other].state == Split::State::runnable && splits_[other].pc < splits_[at].pc) return;
    }
  }
}

// Moves `lanes` out of a split to `pc`; the rest of the split stays where it is.
void Warp::move(size_t at, LaneMask lanes, uint32_t pc, Split::State state) {
  if (lanes == 0) return;
  if (lanes == splits_[at].lanes) {
    splits_[at].pc = pc;
    splits_[at].state = state;
    return;
  }
  splits_[at].lanes &= ~lanes;
  splits_.push_back({pc, lanes, state});
}

void Warp::take_branch(size_t at, const Operation& operation, LaneMask active) {
  const uint32_t next = splits_[at].pc + 1;
  const LaneMask others = splits_[at].lanes & ~active;
  if (active != 0) move(at, active, operation.target, Split::State::runnable);
  if (others != 0) move(at, others, next, Split::State::runnable);
}

void Warp::exit(size_t at, LaneMask active) {
  exited_ |= active;
  splits_[at].lanes &= ~active;
  splits_[at].pc++;
  if (splits_[at].lanes == 0) splits_.erase(splits_.begin() + static_cast<ptrdiff_t>(at));
  if (active != 0) cta_.exited(index_, active);
}

}  // namespace decode_lab::machine
