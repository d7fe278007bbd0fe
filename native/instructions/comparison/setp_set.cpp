// setp.CmpOp{.BoolOp}{.ftz}.type p{|q}, a, b{, {!}c}; set.CmpOp{.BoolOp}{.ftz}.dtype.stype d, a, b{, {!}c}
// (PTX ISA 9.7.6.1, 9.7.7.1 set, 9.7.6.2, 9.7.7.2 setp). q combines the negated comparison. Deviation: set to .f16 and
// .bf16 is refused.
#include "instructions/comparison/compare.h"
#include "instructions/decoders.h"

namespace decode_lab::instructions {

namespace {

// `argument`: BoolOp | negated c << 2 | q present << 3. slots: p, a, b, c, q.
LaneMask third_operand(Warp& warp, const Operation& operation) {
  if ((operation.argument & 3) == 0) return kAllLanes;
  const LaneMask c = warp.registers().predicate(operation.slots[3]);
  return (operation.argument & 4) != 0 ? ~c : c;
}

void write_predicate(Warp& warp, Slot slot, LaneMask value, LaneMask active) {
  LaneMask& row = warp.registers().predicate(slot);
  row = (row & ~active) | (value & active);
}

void run_setp(Warp& warp, const Operation& operation, LaneMask active) {
  const auto op = static_cast<BoolOp>(operation.argument & 3);
  const LaneMask holds = operation.comparison(warp, operation), c = third_operand(warp, operation);
  write_predicate(warp, operation.slots[0], combine(op, holds, c), active);
  if ((operation.argument & 8) != 0) write_predicate(warp, operation.slots[4], combine(op, ~holds, c), active);
}

// True is all ones for integers and 1.0f for .f32.
template <uint32_t kTrue>
void run_set(Warp& warp, const Operation& operation, LaneMask active) {
  const LaneMask holds = combine(static_cast<BoolOp>(operation.argument & 3), operation.comparison(warp, operation),
                                 third_operand(warp, operation));
  auto* const d = warp.row<uint32_t>(operation.slots[0]);
  machine::for_each_lane(active, [&](uint32_t lane) { d[lane] = (holds >> lane & 1) != 0 ? kTrue : 0; });
}

void take_third_operand(Decoding& decoding) {
  const BoolOp op = take_bool_op(decoding);
  decoding.require_operands(op == BoolOp::none ? 3 : 4);
  decoding.operation.argument = static_cast<uint32_t>(op);
  if (op == BoolOp::none) return;
  bool negated = false;
  decoding.operation.slots[3] = decoding.predicate(3, negated);
  decoding.operation.argument |= negated ? 4 : 0;
}

}  // namespace

void decode_setp(Decoding& decoding) {
  take_third_operand(decoding);
  decoding.operation.comparison = take_comparison(decoding);
  decoding.operation.slots[0] = decoding.destination(0, ptx::kPredicate);
  if (decoding.instruction().second_destination) {
    decoding.operation.slots[4] = decoding.destination(*decoding.instruction().second_destination, ptx::kPredicate);
    decoding.operation.argument |= 8;
  }
  decoding.operation.run = &run_setp;
}

void decode_set(Decoding& decoding) {
  take_third_operand(decoding);
  const ptx::Type type = decoding.take_type();
  if (type.bits != 32 || (!type.is_integer() && type.type_class != ptx::TypeClass::floating))
    decoding.refuse("to type ." + to_string(type));
  decoding.operation.comparison = take_comparison(decoding);
  decoding.operation.slots[0] = decoding.destination(0, type);
  decoding.operation.run = type.is_integer() ? &run_set<0xFFFFFFFF> : &run_set<0x3F800000>;
}

}  // namespace decode_lab::instructions
