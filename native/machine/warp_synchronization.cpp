// Operations that need other lanes: shuffles, votes and bar.warp.sync (PTX ISA 9.7.9, 9.7.13) wait for the lanes of
// their membermask, barriers of the CTA and the cluster for all live lanes of the warp.
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
  cta_.report({kind, &operation, &cta_, index_, lanes, missing});
}

void Warp::enter_split_of(LaneMask lanes) {
  for (const Split& split : splits_)
    if ((split.lanes & lanes) != 0) return enter(split.frame);
}

LaneMask Warp::lanes_naming(const Split& split, LaneMask lanes, LaneMask mask) const {
  const auto* const masks = row<uint32_t>(split, cta_.grid().program.operations[split.pc].membermask);
  LaneMask naming = 0;
  for_each_lane(lanes, [&](uint32_t lane) { naming |= masks[lane] == mask ? lane_bit(lane) : 0; });
  return naming;
}

std::vector<std::pair<LaneMask, LaneMask>> Warp::named_masks(const Split& split, LaneMask lanes) const {
  const auto* const masks = row<uint32_t>(split, cta_.grid().program.operations[split.pc].membermask);
  std::vector<std::pair<LaneMask, LaneMask>> named;
  for (LaneMask todo = lanes; todo != 0; todo &= ~named.back().second) {
    const LaneMask mask = masks[lowest_lane(todo)];
    named.emplace_back(mask, lanes_naming(split, todo, mask));
  }
  return named;
}

// Runs the operation for every group of lanes that name the same membermask and have all come; the other groups wait.
// Returns whether the split goes on whole.
bool Warp::run_convergent(size_t at, LaneMask active) {
  const uint32_t pc = splits_[at].pc;
  LaneMask waiting = 0;
  for (const auto& [mask, group] : named_masks(splits_[at], active)) {
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
  cta_.watch().converge(exchange_lanes_);
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

// Operand `index` of the barrier at which a split stands, as its lowest lane has it; 0 where there is none.
uint32_t Warp::barrier_operand(const Split& split, size_t index) const {
  const Slot slot = cta_.grid().program.operations[split.pc].slots[index];
  return slot == kNoSlot ? 0 : row<uint32_t>(split, slot)[lowest_lane(split.lanes)];
}

// Keeps in the split the lanes that name the barrier and count of its lowest lane; the others stay behind, a misuse.
void Warp::keep_one_barrier(size_t at, const Operation& operation) {
  LaneMask others = 0;
  for (const size_t operand : {0, 1}) {
    if (operation.slots[operand] == kNoSlot) continue;
    const auto* const values = row<uint32_t>(splits_[at], operation.slots[operand]);
    const uint32_t value = barrier_operand(splits_[at], operand);
    for_each_lane(splits_[at].lanes, [&](uint32_t lane) { others |= values[lane] != value ? lane_bit(lane) : 0; });
  }
  if (others == 0) return;
  report(BarrierMisuse::Kind::divergent, operation, splits_[at].lanes & ~others, others);
  move(at, others, splits_[at].pc, Split::State::converging);
}

// The warp arrives at the barrier with the lanes of these splits.
void Warp::arrive(const std::vector<size_t>& splits) {
  const auto& operations = cta_.grid().program.operations;
  for (const size_t at : splits) keep_one_barrier(at, operations[splits_[at].pc]);
  const Split& first = splits_[splits.front()];
  WarpArrival arrival{index_, barrier_operand(first, 0), barrier_operand(first, 1), false, {}};
  for (const size_t at : splits) {
    arrival.parts.push_back({&operations[splits_[at].pc], splits_[at].lanes});
    splits_[at].pc++;
    splits_[at].state = Split::State::at_cta_barrier;
  }
  arrival.whole_warp = arrival.lanes() == live();
  cta_.arrive(arrival);
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
    if (called.argument != operation.argument || barrier_operand(split, 0) != barrier_operand(splits_[at], 0) ||
        barrier_operand(split, 1) != barrier_operand(splits_[at], 1))
      continue;
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
  for (const auto& [mask, group] : named_masks(splits_[at], splits_[at].lanes)) {
    std::vector<Participants> participants;
    LaneMask present = 0;
    for (size_t other = 0; other < splits_.size(); other++) {
      const Operation& called = operations[splits_[other].pc];
      if (splits_[other].state != Split::State::converging || !same_qualifiers(operation, called)) continue;
      const LaneMask lanes = lanes_naming(splits_[other], splits_[other].lanes, mask);
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
