// mbarrier.{init,inval,expect_tx,complete_tx,arrive,arrive_drop,test_wait,try_wait,pending_count} and
// cp.async.mbarrier.arrive   (PTX ISA 9.7.13.15.9–17). A state is the object as it was before the arrival. Counts
// beyond what the object takes, which the ISA leaves undefined, trap. try_wait does not suspend. An operation on an
// mbarrier is a strong access of 8 bytes; init and inval are weak writes. The order that a phase gives stands in
// machine/mbarriers.h.
#include <algorithm>
#include <cstring>

#include "instructions/data_movement/memory_operand.h"
#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/synchronization/mbarrier.h"
#include "machine/cta.h"
#include "machine/memory.h"

namespace decode_lab::instructions {

namespace {

using machine::MbarrierState;
using machine::Semantics;

constexpr ptx::Type kB64{ptx::TypeClass::untyped, 64}, kU32{ptx::TypeClass::unsigned_integer, 32};

enum class Action : uint32_t { arrive, drop, expect, complete, expect_and_arrive, copies, copies_without_increment };

// slots: state (destination), count or tx-count; argument: Action; `aligned`: the arrival releases.
class Arrive final : public machine::Modification {
 public:
  Arrive(Warp& warp, const Operation& operation) : warp_(warp), operation_(operation) {}

  bool apply(uint32_t lane, uint32_t, ptx::StateSpace, std::byte* at) override {
    uint64_t bits;
    std::memcpy(&bits, at, sizeof(bits));
    MbarrierState state = MbarrierState::unpack(bits);
    const auto offset = static_cast<uint64_t>(at - warp_.cta().shared().host);
    if (const auto why = act(lane, offset, state)) warp_.cta().trap(operation_, *why);
    const uint64_t changed = state.pack();
    std::memcpy(at, &changed, sizeof(changed));
    if (operation_.slots[0] != machine::kNoSlot) warp_.row<uint64_t>(operation_.slots[0])[lane] = bits;
    return true;
  }

 private:
  std::optional<std::string> act(uint32_t lane, uint64_t offset, MbarrierState& state) {
    machine::Mbarriers& mbarriers = warp_.cta().mbarriers();
    const uint32_t count = operation_.slots[1] == machine::kNoSlot ? 1 : warp_.row<uint32_t>(operation_.slots[1])[lane];
    switch (static_cast<Action>(operation_.argument)) {
      case Action::arrive:
        if (count == 0) return "an arrival with count 0";
        return mbarriers.arrive(offset, state, count, released(lane));
      case Action::drop:
        if (count > state.expected) return "a drop of more arrivals than the mbarrier expects";
        state.expected -= count;
        return mbarriers.arrive(offset, state, count, released(lane));
      case Action::expect:
        return mbarriers.transact(offset, state, count);
      case Action::complete:
        return mbarriers.transact(offset, state, -int64_t{count});
      case Action::expect_and_arrive:
        if (const auto why = mbarriers.transact(offset, state, count)) return why;
        return mbarriers.arrive(offset, state, 1, released(lane));
      case Action::copies:
        if (state.pending == MbarrierState::kMostArrivals) return "more arrivals than an mbarrier can count";
        state.pending++;
        break;
      case Action::copies_without_increment:
        break;
    }
    return mbarriers.arrive(offset, state, 1, {warp_.cta().copies(warp_.index()).complete(warp_, lane), {}, {}});
  }

  // A relaxed arrival tells what a fence before it has released.
  machine::CausalityOrder::Past released(uint32_t lane) {
    machine::CausalityOrder& order = warp_.cta().order();
    machine::CausalityOrder::Past past;
    const auto* const thread = order.find_thread(warp_.index(), lane);
    if (thread != nullptr) past = {thread->fenced_in_cta, thread->past.sc_in_cta, thread->past.sc};
    if (operation_.aligned) past.known = order.release(warp_.index(), lane);
    return past;
  }

  Warp& warp_;
  const Operation& operation_;
};

void run_arrive(Warp& warp, const Operation& operation, LaneMask active) {
  Arrive body(warp, operation);
  machine::read_modify_write(warp, operation, active, body);
}

// slots: predicate, state or parity; argument: 1 by parity; `aligned`: it acquires.
class Test final : public machine::Modification {
 public:
  Test(Warp& warp, const Operation& operation) : warp_(warp), operation_(operation) {}

  bool apply(uint32_t lane, uint32_t, ptx::StateSpace, std::byte* at) override {
    uint64_t bits;
    std::memcpy(&bits, at, sizeof(bits));
    const bool phase = MbarrierState::unpack(bits).phase;
    const bool awaited = operation_.argument != 0
                             ? (warp_.row<uint32_t>(operation_.slots[1])[lane] & 1) != 0
                             : MbarrierState::unpack(warp_.row<uint64_t>(operation_.slots[1])[lane]).phase;
    if (phase != awaited) complete_ |= lane_bit(lane);
    offsets_[lane] = static_cast<uint64_t>(at - warp_.cta().shared().host);
    return false;
  }

  void finish(LaneMask active) {
    LaneMask& predicate = warp_.registers().predicate(operation_.slots[0]);
    predicate = (predicate & ~active) | complete_;
    machine::for_each_lane(complete_, [&](uint32_t lane) {
      const auto& past = warp_.cta().mbarriers().completed(offsets_[lane]);
      if (past.known.empty()) return;
      machine::CausalityOrder::Thread& thread = warp_.cta().order().thread(warp_.index(), lane);
      if (operation_.aligned) thread.past.join(past);
      thread.received_in_cta.join(past);
      thread.received.join(past);
    });
  }

 private:
  Warp& warp_;
  const Operation& operation_;
  LaneMask complete_ = 0;
  std::array<uint64_t, kLanes> offsets_{};
};

void run_test(Warp& warp, const Operation& operation, LaneMask active) {
  Test body(warp, operation);
  machine::read_modify_write(warp, operation, active, body);
  body.finish(active);
}

// slots: count, or kNoSlot for inval.
void run_init(Warp& warp, const Operation& operation, LaneMask active) {
  machine::LaneBytes stored;
  machine::for_each_lane(active, [&](uint32_t lane) {
    uint64_t bits = 0;
    if (operation.slots[0] != machine::kNoSlot) {
      const uint32_t count = warp.row<uint32_t>(operation.slots[0])[lane];
      if (count == 0 || count > MbarrierState::kMostArrivals)
        warp.cta().trap(operation, "an mbarrier of " + std::to_string(count) + " arrivals (1 to 1048575 are)");
      bits = MbarrierState{count, count, 0, false}.pack();
    }
    std::memcpy(stored.data() + size_t{lane} * sizeof(bits), &bits, sizeof(bits));
  });
  machine::store(warp, operation, active, stored);
}

void run_pending_count(Warp& warp, const Operation& operation, LaneMask active) {
  machine::for_each_lane(active, [&](uint32_t lane) {
    warp.row<uint32_t>(operation.slots[0])[lane] =
        MbarrierState::unpack(warp.row<uint64_t>(operation.slots[1])[lane]).pending;
  });
}

// .shared, .shared::cta or generic, for some also .shared::cluster, which in a cluster of one CTA is its own.
void bind_object(Decoding& decoding, size_t operand, Semantics semantics, bool reaches_cluster) {
  auto& memory = decoding.operation.memory;
  const bool is_cluster = reaches_cluster && decoding.take("shared::cluster");
  if (is_cluster) decoding.require_target(90);
  memory.space = is_cluster ? ptx::StateSpace::shared : take_space(decoding);
  if (memory.space != ptx::StateSpace::shared && memory.space != ptx::StateSpace::generic)
    decoding.invalid("needs .shared or a generic address");
  if (!decoding.take("b64")) decoding.refuse("without .b64");
  memory.element_bytes = sizeof(uint64_t);
  memory.count = 1;
  memory.used_bytes_mask = ~0u;
  memory.semantics = semantics;
  memory.scope = machine::Scope::cta;
  memory.in_pattern = true;
  memory.only = ptx::StateSpace::shared;
  bind_address(decoding, decoding.operand(operand), memory);
}

bool take_order(Decoding& decoding, std::string_view default_word) {
  const bool is_relaxed = decoding.take("relaxed"), is_written = is_relaxed || decoding.take(default_word);
  const auto scope = take_scope(decoding);
  if (is_written != scope.has_value()) decoding.invalid("needs semantics and scope, or neither");
  if (scope == machine::Scope::gpu) decoding.invalid("takes .cta or .cluster");
  return !is_relaxed;
}

void bind_state(Decoding& decoding) {
  const bool sinks = decoding.operand(0).kind == ptx::Operand::Kind::sink;
  decoding.operation.slots[0] = sinks ? machine::kNoSlot : decoding.destination(0, kB64);
}

void decode_arrive(Decoding& decoding, Action action) {
  auto& operation = decoding.operation;
  const bool with_transactions = decoding.take("expect_tx");
  if (with_transactions && action == Action::drop) decoding.refuse("with .expect_tx");
  const bool incomplete = decoding.take("noComplete");
  const auto& written = decoding.instruction().modifiers;
  for (const std::string_view other : {"relaxed", "cluster"})
    if (incomplete && std::find(written.begin(), written.end(), other) != written.end())
      decoding.invalid("has .noComplete beside ." + std::string(other));
  operation.aligned = take_order(decoding, "release");
  decoding.require_operands(with_transactions || incomplete ? 3 : 2, 3);
  if (!incomplete && decoding.instruction().operands.size() == 3) decoding.require_target(90);
  bind_state(decoding);
  operation.slots[1] = decoding.instruction().operands.size() == 3 ? decoding.source(2, kU32) : machine::kNoSlot;
  operation.argument = static_cast<uint32_t>(with_transactions ? Action::expect_and_arrive : action);
  bind_object(decoding, 1, Semantics::relaxed, operation.slots[0] == machine::kNoSlot && !incomplete);
  operation.run = &run_arrive;
}

void decode_transactions(Decoding& decoding, Action action) {
  auto& operation = decoding.operation;
  decoding.require_target(90);
  take_order(decoding, "relaxed");
  decoding.require_operands(2);
  operation.aligned = false;
  operation.slots[0] = machine::kNoSlot;
  operation.slots[1] = decoding.source(1, kU32);
  operation.argument = static_cast<uint32_t>(action);
  bind_object(decoding, 0, Semantics::relaxed, true);
  operation.run = &run_arrive;
}

void decode_test(Decoding& decoding, bool may_suspend) {
  auto& operation = decoding.operation;
  if (may_suspend) decoding.require_target(90);
  const bool by_parity = decoding.take("parity");
  operation.aligned = take_order(decoding, "acquire");
  decoding.require_operands(3, may_suspend ? 4 : 3);
  if (decoding.instruction().operands.size() == 4) decoding.source(3, kU32);
  operation.slots[0] = decoding.destination(0, ptx::kPredicate);
  operation.slots[1] = decoding.source(2, by_parity ? kU32 : kB64);
  operation.argument = by_parity ? 1 : 0;
  bind_object(decoding, 1, Semantics::relaxed, false);
  operation.run = &run_test;
}

void decode_init(Decoding& decoding, bool is_init) {
  decoding.require_operands(is_init ? 2 : 1);
  decoding.operation.slots[0] = is_init ? decoding.source(1, kU32) : machine::kNoSlot;
  bind_object(decoding, 0, Semantics::weak, false);
  decoding.operation.run = &run_init;
}

void decode_pending_count(Decoding& decoding) {
  decoding.require_operands(2);
  if (!decoding.take("b64")) decoding.refuse("without .b64");
  decoding.operation.slots[0] = decoding.destination(0, kU32);
  decoding.operation.slots[1] = decoding.source(1, kB64);
  decoding.operation.run = &run_pending_count;
}

}  // namespace

void decode_copies_arrive(Decoding& decoding) {
  auto& operation = decoding.operation;
  if (!decoding.take("arrive")) decoding.refuse("");
  decoding.require_operands(1);
  operation.aligned = false;
  operation.slots[0] = operation.slots[1] = machine::kNoSlot;
  operation.argument =
      static_cast<uint32_t>(decoding.take("noinc") ? Action::copies_without_increment : Action::copies);
  bind_object(decoding, 0, Semantics::relaxed, false);
  operation.run = &run_arrive;
}

void decode_mbarrier(Decoding& decoding) {
  decoding.require_target(80);
  const std::string action = decoding.take_one_of(
      {"init", "inval", "arrive_drop", "arrive", "test_wait", "try_wait", "expect_tx", "complete_tx", "pending_count"});
  if (action == "init" || action == "inval") return decode_init(decoding, action == "init");
  if (action == "expect_tx") return decode_transactions(decoding, Action::expect);
  if (action == "complete_tx") return decode_transactions(decoding, Action::complete);
  if (action == "arrive") return decode_arrive(decoding, Action::arrive);
  if (action == "arrive_drop") return decode_arrive(decoding, Action::drop);
  if (action == "test_wait" || action == "try_wait") return decode_test(decoding, action == "try_wait");
  if (action == "pending_count") return decode_pending_count(decoding);
  decoding.refuse("");
}

}  // namespace decode_lab::instructions
