// Operations that need other lanes: shuffles, votes and bar.warp.sync (PTX ISA 9.7.9, 9.7.13) wait for the lanes of
// their membermask, CTA barriers for all live lanes of the warp.
#include "machine/cta.h"
#include "machine/observer.h"
#include "machine/warp.h"

namespace decode_lab::machine {

namespace {

// "the same qualifiers and same membermask value": the lanes may stand at different instructions.
bool same_qualifiers(const Operation& a, const Operation& b) {
  return a.kind == b.kind && a.run == b.run && a.argument == b.argument;
}

}  // namespace

void Warp::report(BarrierMisuse::Kind kind, const Operation& operation, LaneMask lanes, LaneMask missing) {
  const BarrierMisuse misuse{kind, &operation, &cta_, index_, lanes, missing};
  for (Observer* observer : cta_.observers()) observer->barrier_misuse(misuse);
}

LaneMask Warp::lanes_naming(const Operation& operation, LaneMask lanes, LaneMask mask) {
  const auto* const masks = row<uint32_t>(operation.membermask);
  LaneMask naming = 0;
  for_each_lane(lanes, [&](uint32_t lane) { naming |= masks[lane] == mask ? lane_bit(lane) : 0; });
  return naming;
}

// Runs the operation for every group of lanes that name the same membermask and have all come; the other groups wait.
// Returns whether the split goes on whole.
bool Warp::run_convergent(size_t at, const Operation& operation, LaneMask active) {
  const uint32_t pc = splits_[at].pc;
  LaneMask waiting = 0;
  for (LaneMask todo = active; todo != 0;) {
    const LaneMask mask = row<uint32_t>(operation.membermask)[lowest_lane(todo)];
    const LaneMask group = lanes_naming(operation, todo, mask);
    todo &= ~group;
    if ((mask & live() & ~group) != 0)
      waiting |= group;
    else
      perform_convergent({{at, group}}, mask);
  }
  if (waiting == 0) {
    splits_[at].pc = pc + 1;
    return true;
  }
  move(at, splits_[at].lanes & ~waiting, pc + 1, Split::State::runnable);
  splits_[at].state = Split::State::converging;
  return false;
}

// One exchange among lanes that may stand at different instructions: all contribute before any takes its result.
void Warp::perform_convergent(const std::vector<Participants>& participants, LaneMask mask) {
  const auto& operations = cta_.grid().program.operations;
  exchange_lanes_ = 0;
  for (const auto& [split, lanes] : participants) {
    const Operation& operation = operations[splits_[split].pc];
    enter(split);
    if ((lanes & ~mask) != 0) report(BarrierMisuse::Kind::lane_not_in_mask, operation, lanes, lanes & ~mask);
    if (operation.contribute != nullptr) operation.contribute(*this, operation, lanes);
    exchange_lanes_ |= lanes;
  }
  if (operations[splits_[participants.front().split].pc].kind == Operation::Kind::warp_barrier)
    return cta_.order().warp_barrier(index_, exchange_lanes_, live());
  for (const auto& [split, lanes] : participants) {
    enter(split);
    operations[splits_[split].pc].run(*this, operations[splits_[split].pc], lanes);
  }
}

void Warp::reach_cta_barrier(size_t at, const Operation& operation, LaneMask active) {
  const uint32_t pc = splits_[at].pc;
  const LaneMask passing = splits_[at].lanes & ~active;
  move(at, passing, pc + 1, Split::State::runnable);
  if (active == 0) return;
  if (operation.aligned && passing != 0) report(BarrierMisuse::Kind::divergent, operation, active, passing);
  if (active == live())
    arrive({at});
  else
    splits_[at].state = Split::State::converging;
}

uint32_t Warp::barrier_id(const Split& split) {
  const Operation& operation = cta_.grid().program.operations[split.pc];
  enter(split.frame);
  return row<uint32_t>(operation.slots[0])[lowest_lane(split.lanes)];
}

// Keeps in the split the lanes that name the barrier of its lowest lane; the others stay behind, which is a misuse.
void Warp::keep_one_barrier(size_t at, const Operation& operation) {
  const uint32_t id = barrier_id(splits_[at]);
  const auto* const ids = row<uint32_t>(operation.slots[0]);
  LaneMask others = 0;
  for_each_lane(splits_[at].lanes, [&](uint32_t lane) { others |= ids[lane] != id ? lane_bit(lane) : 0; });
  if (others == 0) return;
  report(BarrierMisuse::Kind::divergent, operation, splits_[at].lanes & ~others, others);
  move(at, others, splits_[at].pc, Split::State::converging);
}

// The warp arrives at the barrier with the lanes of these splits.
void Warp::arrive(const std::vector<size_t>& splits) {
  const Operation& operation = cta_.grid().program.operations[splits_[splits.front()].pc];
  for (const size_t at : splits) keep_one_barrier(at, cta_.grid().program.operations[splits_[at].pc]);
  const uint32_t id = barrier_id(splits_[splits.front()]);
  const uint32_t lane = lowest_lane(splits_[splits.front()].lanes);
  const uint32_t threads = operation.slots[1] == kNoSlot ? 0 : row<uint32_t>(operation.slots[1])[lane];
  LaneMask lanes = 0;
  for (const size_t at : splits) {
    splits_[at].pc++;
    splits_[at].state = Split::State::at_cta_barrier;
    lanes |= splits_[at].lanes;
  }
  cta_.arrive(operation, id, threads, {index_, lanes}, lanes == live());
}

void Warp::release(LaneMask lanes) {
  for (Split& split : splits_)
    if (split.state == Split::State::at_cta_barrier && (split.lanes & lanes) != 0) split.state = Split::State::runnable;
}

// No split of the warp can go on by itself: lanes that stand at different instructions may still satisfy each other.
bool Warp::settle_converging() {
  const auto& operations = cta_.grid().program.operations;
  for (size_t at = 0; at < splits_.size(); at++) {
    if (splits_[at].state != Split::State::converging) continue;
    const bool is_barrier = operations[splits_[at].pc].kind == Operation::Kind::cta_barrier;
    if (is_barrier ? settle_cta_barrier(at) : settle_warp_sync(at)) return true;
  }
  return false;
}

// An aligned barrier that the rest of the warp will not reach together is a misuse. Any other barrier waits for all
// live lanes of the warp, wherever they call it (PTX ISA 9.7.13.1: "wait for all non-exited threads from its warp").
bool Warp::settle_cta_barrier(size_t at) {
  const auto& operations = cta_.grid().program.operations;
  const Operation& operation = operations[splits_[at].pc];
  if (operation.aligned) {
    if (splits_[at].lanes != live())
      report(BarrierMisuse::Kind::divergent, operation, splits_[at].lanes, live() & ~splits_[at].lanes);
    arrive({at});
    return true;
  }
  std::vector<size_t> together;
  LaneMask present = 0;
  for (size_t other = 0; other < splits_.size(); other++) {
    const Split& split = splits_[other];
    const Operation& called = operations[split.pc];
    if (split.state != Split::State::converging || called.kind != Operation::Kind::cta_barrier || called.aligned)
      continue;
    if (barrier_id(split) != barrier_id(splits_[at])) continue;
    together.push_back(other);
    present |= split.lanes;
  }
  if (present != live()) return false;
  arrive(together);
  return true;
}

bool Warp::settle_warp_sync(size_t at) {
  const auto& operations = cta_.grid().program.operations;
  const Operation& operation = operations[splits_[at].pc];
  for (LaneMask todo = splits_[at].lanes; todo != 0;) {
    enter(at);
    const LaneMask mask = row<uint32_t>(operation.membermask)[lowest_lane(todo)];
    todo &= ~lanes_naming(operation, todo, mask);
    std::vector<Participants> participants;
    LaneMask present = 0;
    for (size_t other = 0; other < splits_.size(); other++) {
      const Operation& called = operations[splits_[other].pc];
      if (splits_[other].state != Split::State::converging || !same_qualifiers(operation, called)) continue;
      enter(other);
      const LaneMask lanes = lanes_naming(called, splits_[other].lanes, mask);
      if (lanes != 0) participants.push_back({other, lanes});
      present |= lanes;
    }
    if ((mask & live() & ~present) != 0) continue;
    perform_convergent(participants, mask);
    for (const auto& [split, lanes] : participants) move(split, lanes, splits_[split].pc + 1, Split::State::runnable);
    return true;
  }
  return false;
}

}  // namespace decode_lab::machine
