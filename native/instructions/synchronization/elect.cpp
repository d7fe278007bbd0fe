// elect.sync d|p, membermask   (PTX ISA 9.7.13.14). It converges lanes and orders no memory. Which lane leads is left
// open but for being the same every time: here the lowest that takes part. Deviations: none.
#include "instructions/decoders.h"
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

namespace {

// slots: d, p.
void run_elect(Warp& warp, const Operation& operation, LaneMask active) {
  const uint32_t leader = machine::lowest_lane(warp.exchange_lanes());
  auto* const d = warp.row<uint32_t>(operation.slots[0]);
  machine::for_each_lane(active, [&](uint32_t lane) { d[lane] = leader; });
  LaneMask& p = warp.registers().predicate(operation.slots[1]);
  p = (p & ~active) | (active & lane_bit(leader));
}

}  // namespace

void decode_elect(Decoding& decoding) {
  decoding.require_target(90);
  if (!decoding.take("sync")) decoding.refuse("without .sync");
  decoding.require_operands(2);
  constexpr ptx::Type kB32{ptx::TypeClass::untyped, 32};
  const auto& p = decoding.instruction().second_destination;
  if (!p || p->kind == ptx::Operand::Kind::sink) decoding.invalid("needs two destinations, d|p");
  auto& operation = decoding.operation;
  operation.membermask = decoding.source(1, kB32);
  operation.slots[0] = decoding.destination(0, kB32);
  operation.slots[1] = decoding.destination(*p, ptx::kPredicate);
  operation.kind = Operation::Kind::warp_convergent;
  operation.run = &run_elect;
}

}  // namespace decode_lab::instructions
