// vote.sync.{all,any,uni}.pred p, {!}q, membermask; vote.sync.ballot.b32 d, {!}q, membermask; activemask.b32 d
// (PTX ISA 9.7.13.9, 9.7.13.11). They converge lanes (activemask does not) and order no memory.
#include <algorithm>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "machine/cta.h"

namespace decode_lab::instructions {

namespace {

enum class Mode : uint32_t { all, any, uni, ballot };

// slots: d, q.
void contribute_to_vote(Warp& warp, const Operation& operation, LaneMask active) {
  const LaneMask q = warp.registers().predicate(operation.slots[1]) ^ (operation.source_negated ? kAllLanes : 0);
  machine::for_each_lane(active, [&](uint32_t lane) { warp.exchange()[lane] = q >> lane & 1; });
}

void run_vote(Warp& warp, const Operation& operation, LaneMask active) {
  LaneMask holds = 0;
  machine::for_each_lane(warp.exchange_lanes(),
                         [&](uint32_t lane) { holds |= static_cast<LaneMask>(warp.exchange()[lane]) << lane; });
  const auto mode = static_cast<Mode>(operation.argument);
  if (mode == Mode::ballot) {
    auto* const d = warp.row<uint32_t>(operation.slots[0]);
    machine::for_each_lane(active, [&](uint32_t lane) { d[lane] = holds; });
    return;
  }
  const bool result =
      mode == Mode::any ? holds != 0 : holds == warp.exchange_lanes() || (mode == Mode::uni && holds == 0);
  LaneMask& p = warp.registers().predicate(operation.slots[0]);
  p = (p & ~active) | (result ? active : 0);
}

void run_activemask(Warp& warp, const Operation& operation, LaneMask active) {
  auto* const d = warp.row<uint32_t>(operation.slots[0]);
  machine::for_each_lane(active, [&](uint32_t lane) { d[lane] = active; });
  warp.cta().watch().change();  // who happens to be there follows from no register
}

}  // namespace

void decode_vote(Decoding& decoding) {
  if (!decoding.take("sync")) decoding.refuse("without .sync");
  constexpr std::string_view kModes[] = {"all", "any", "uni", "ballot"};
  const auto mode = std::find_if(std::begin(kModes), std::end(kModes), [&](auto name) { return decoding.take(name); });
  if (mode == std::end(kModes)) decoding.refuse("without .all, .any, .uni or .ballot");
  const ptx::Type type = decoding.take_type();
  const bool ballot = *mode == "ballot";
  constexpr ptx::Type kB32{ptx::TypeClass::untyped, 32};
  if (type != (ballot ? kB32 : ptx::kPredicate)) decoding.invalid(ballot ? "takes .b32" : "takes .pred");
  decoding.require_operands(3);
  auto& operation = decoding.operation;
  operation.slots[1] = decoding.predicate(1, operation.source_negated);
  operation.membermask = decoding.source(2, kB32);
  operation.slots[0] = decoding.destination(0, type);
  operation.argument = static_cast<uint32_t>(mode - std::begin(kModes));
  operation.kind = Operation::Kind::warp_convergent;
  operation.contribute = &contribute_to_vote;
  operation.run = &run_vote;
}

void decode_activemask(Decoding& decoding) {
  const ptx::Type type = decoding.take_type();
  if (type != ptx::Type{ptx::TypeClass::untyped, 32}) decoding.invalid("takes .b32");
  decoding.require_operands(1);
  decoding.operation.slots[0] = decoding.destination(0, type);
  decoding.operation.run = &run_activemask;
}

}  // namespace decode_lab::instructions
