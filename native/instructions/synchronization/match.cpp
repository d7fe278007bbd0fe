// match.any.sync.{b32,b64} d, a, membermask; match.all.sync.{b32,b64} d{|p}, a, membermask   (PTX ISA 9.7.13.10). It
// converges lanes and orders no memory. Deviations: none.
#include "instructions/decoders.h"
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

namespace {

// slots: d, a, p.
template <class T>
void contribute_to_match(Warp& warp, const Operation& operation, LaneMask active) {
  const auto* const a = warp.row<T>(operation.slots[1]);
  machine::for_each_lane(active, [&](uint32_t lane) { warp.exchange()[lane] = a[lane]; });
}

LaneMask lanes_with(Warp& warp, uint64_t value) {
  LaneMask same = 0;
  machine::for_each_lane(warp.exchange_lanes(),
                         [&](uint32_t lane) { same |= warp.exchange()[lane] == value ? lane_bit(lane) : 0; });
  return same;
}

void run_match_any(Warp& warp, const Operation& operation, LaneMask active) {
  auto* const d = warp.row<uint32_t>(operation.slots[0]);
  machine::for_each_lane(active, [&](uint32_t lane) { d[lane] = lanes_with(warp, warp.exchange()[lane]); });
}

void run_match_all(Warp& warp, const Operation& operation, LaneMask active) {
  auto* const d = warp.row<uint32_t>(operation.slots[0]);
  const uint64_t value = warp.exchange()[machine::lowest_lane(active)];
  const bool all = lanes_with(warp, value) == warp.exchange_lanes();
  machine::for_each_lane(active, [&](uint32_t lane) { d[lane] = all ? warp.exchange_lanes() : 0; });
  if (operation.slots[2] == machine::kNoSlot) return;
  LaneMask& p = warp.registers().predicate(operation.slots[2]);
  p = (p & ~active) | (all ? active : 0);
}

}  // namespace

void decode_match(Decoding& decoding) {
  if (!decoding.take("sync")) decoding.refuse("without .sync");
  const std::string mode = decoding.take_one_of({"any", "all"});
  if (mode.empty()) decoding.refuse("without .any or .all");
  const ptx::Type type = decoding.take_type();
  if (type.type_class != ptx::TypeClass::untyped || type.bits < 32) decoding.invalid("takes .b32 or .b64");
  decoding.require_operands(3);
  constexpr ptx::Type kB32{ptx::TypeClass::untyped, 32};
  auto& operation = decoding.operation;
  operation.slots[1] = decoding.source(1, type);
  operation.membermask = decoding.source(2, kB32);
  operation.slots[0] = decoding.destination(0, kB32);
  const auto& p = decoding.instruction().second_destination;
  if (p && mode == "any") decoding.invalid("has no second destination");
  operation.slots[2] = p ? decoding.destination(*p, ptx::kPredicate) : machine::kNoSlot;
  operation.argument = type.bits;
  operation.kind = Operation::Kind::warp_convergent;
  operation.contribute = type.bits == 32 ? &contribute_to_match<uint32_t> : &contribute_to_match<uint64_t>;
  operation.run = mode == "any" ? &run_match_any : &run_match_all;
}

}  // namespace decode_lab::instructions
