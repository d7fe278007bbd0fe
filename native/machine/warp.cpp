// Independent thread scheduling (PTX ISA 3.2): the split with the lowest pc runs first, which reconverges structured
// code, and now and then another one does, so that lanes may wait for their siblings.
#include "machine/warp.h"

#include <algorithm>
#include <cstring>
#include <utility>

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
      local_(cta.grid().program.local_bytes),
      entry_(0, cta.grid().program.entry().register_bytes),
      images_(cta.grid().program.procedures.size()) {
  enter(&entry_);
}

void Warp::begin() {
  const Procedure& entry = cta_.grid().program.entry();
  std::memset(entry_.rows.data(), 0, entry_.rows.size());
  fill(entry_.rows.data(), entry);
  for (auto& image : images_) image.reset();
  entry_.lanes = lanes_;
  entry_.callees.clear();
  entry_.stack_end = entry.stack_bytes;
  enter(&entry_);
  local_.forget(lanes_, 0, entry_.stack_end);
  exited_ = 0;
  slices_ = 0;
  executed_ = slice_ = 0;
  splits_.assign(1, {0, lanes_, Split::State::runnable, &entry_});
}

void Warp::enter(Frame* frame) {
  frame_ = frame;
  registers_.use(frame->rows);
}

uint64_t Warp::run(uint64_t operations) {
  uint64_t left = operations;
  slice_ = operations;
  left_ = &left;
  slices_++;
  while (left > 0 && !splits_.empty() && cta_.stop() == Stop::none) {
    merge();
    if (Split* split = pick(); split != nullptr) {
      cta_.watch().step(split->lanes);
      step_until_switch(static_cast<size_t>(split - splits_.data()), left);
    } else if (settle_converging()) {
      left--;
    } else {
      break;
    }
  }
  executed_ += operations - left;
  slice_ = 0;
  left_ = &slice_;
  return operations - left;
}

namespace {

// Of two splits, the one that comes first in the order of the program: the calls that they are in decide before the
// pcs, and a lane that stands before a call comes before those that are in it, so that it can catch up with them.
bool precedes(const Split& a, const Split& b) {
  if (a.frame == b.frame) return a.pc < b.pc;
  const Frame *in_a = a.frame, *in_b = b.frame;
  uint32_t pc_a = a.pc, pc_b = b.pc;
  while (in_a->depth > in_b->depth) pc_a = std::exchange(in_a, in_a->caller)->call;
  while (in_b->depth > in_a->depth) pc_b = std::exchange(in_b, in_b->caller)->call;
  while (in_a != in_b) {
    pc_a = std::exchange(in_a, in_a->caller)->call;
    pc_b = std::exchange(in_b, in_b->caller)->call;
  }
  if (pc_a != pc_b) return pc_a < pc_b;
  return a.frame->depth != b.frame->depth ? a.frame->depth < b.frame->depth : a.pc < b.pc;
}

}  // namespace

Split* Warp::pick() {
  Split* lowest = nullptr;
  uint64_t runnable = 0;
  for (Split& split : splits_) {
    if (split.state != Split::State::runnable) continue;
    runnable++;
    if (lowest == nullptr || precedes(split, *lowest)) lowest = &split;
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
      if (one.pc != other.pc || one.frame != other.frame || waits) {
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
  enter(at);
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
      case Operation::Kind::branch_indexed:
        if (!take_indexed_branch(at, operation, active)) return;
        break;
      case Operation::Kind::call:
        if (!call(at, operation, active)) return;
        break;
      case Operation::Kind::ret:
        return_to_caller(at, active);
        if (cta_.stop() != Stop::none) return;
        break;
      case Operation::Kind::exit:
        exit(at, active);
        return;
      case Operation::Kind::cta_barrier:
        reach_cta_barrier(at, operation, active);
        return;
      case Operation::Kind::warp_convergent:
      case Operation::Kind::warp_barrier:
        if (!run_convergent(at, active)) return;
        break;
      case Operation::Kind::built_in:
        if (active != 0) operation.run(*this, operation, active);
        if (cta_.stop() != Stop::none) return;
        splits_[at].pc++;
        break;
      case Operation::Kind::trap:
        if (active != 0) return cta_.trap(operation, "");
        splits_[at].pc++;
        break;
    }
    if (splits_.size() != splits_before) return;
    for (size_t other = 0; splits_.size() > 1 && other < splits_.size(); other++) {
      if (other == at || splits_[other].state == Split::State::at_cta_barrier) continue;
      if (splits_[other].pc == splits_[at].pc && splits_[other].frame == splits_[at].frame) return;
      if (in_turn && splits_[other].state == Split::State::runnable && precedes(splits_[other], splits_[at])) return;
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
  splits_.push_back({pc, lanes, state, splits_[at].frame});
}

void Warp::take_branch(size_t at, const Operation& operation, LaneMask active) {
  const uint32_t next = splits_[at].pc + 1;
  const LaneMask others = splits_[at].lanes & ~active;
  if (active != 0) move(at, active, operation.target, Split::State::runnable);
  if (others != 0) move(at, others, next, Split::State::runnable);
}

bool Warp::take_indexed_branch(size_t at, const Operation& operation, LaneMask active) {
  const auto& table = cta_.grid().program.branch_tables[operation.argument];
  const auto* const indices = row<uint32_t>(operation.slots[0]);
  const LaneMask whole = splits_[at].lanes;
  const uint32_t next = splits_[at].pc + 1;
  for (LaneMask todo = active; todo != 0;) {
    const uint32_t index = indices[lowest_lane(todo)];
    LaneMask group = 0;
    for_each_lane(todo, [&](uint32_t lane) { group |= indices[lane] == index ? lane_bit(lane) : 0; });
    todo &= ~group;
    if (index >= table.size())
      return cta_.trap(operation,
                       "index " + std::to_string(index) + " of " + std::to_string(table.size()) + " targets"),
             false;
    move(at, group, table[index], Split::State::runnable);
    if (group == whole) return true;
  }
  if (active != whole) splits_[at].pc = next;
  return active == 0;
}

void Warp::exit(size_t at, LaneMask active) {
  exited_ |= active;
  for (Frame* frame = splits_[at].frame; frame->caller != nullptr;) {
    Frame* const caller = frame->caller;
    leave(frame, active);
    frame = caller;
  }
  splits_[at].lanes &= ~active;
  splits_[at].pc++;
  if (splits_[at].lanes == 0) splits_.erase(splits_.begin() + static_cast<ptrdiff_t>(at));
  if (active != 0) cta_.exited(index_, active);
}

}  // namespace decode_lab::machine
