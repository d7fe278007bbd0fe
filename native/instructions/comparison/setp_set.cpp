// setp.CmpOp{.BoolOp}{.ftz}.type p{|q}, a, b{, {!}c}; set.CmpOp{.BoolOp}{.ftz}.dtype.stype d, a, b{, {!}c}
// (PTX ISA 9.7.6.1, 9.7.7.1 set, 9.7.6.2, 9.7.7.2 setp). q combines the negated comparison; of packed pairs p is the
// lower element's and q the upper one's. Deviations: none.
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
  const auto holds = static_cast<LaneMask>(operation.comparison(warp, operation));
  const LaneMask c = third_operand(warp, operation);
  write_predicate(warp, operation.slots[0], combine(op, holds, c), active);
  if ((operation.argument & 8) != 0) write_predicate(warp, operation.slots[4], combine(op, ~holds, c), active);
}

void run_setp_pair(Warp& warp, const Operation& operation, LaneMask active) {
  const auto op = static_cast<BoolOp>(operation.argument & 3);
  const uint64_t holds = operation.comparison(warp, operation);
  const LaneMask c = third_operand(warp, operation);
  write_predicate(warp, operation.slots[0], combine(op, static_cast<LaneMask>(holds), c), active);
  if ((operation.argument & 8) == 0) return;
  write_predicate(warp, operation.slots[4], combine(op, static_cast<LaneMask>(holds >> 32), c), active);
}

template <class D, D kTrue>
void run_set(Warp& warp, const Operation& operation, LaneMask active) {
  const LaneMask holds =
      combine(static_cast<BoolOp>(operation.argument & 3), static_cast<LaneMask>(operation.comparison(warp, operation)),
              third_operand(warp, operation));
  auto* const d = warp.row<D>(operation.slots[0]);
  machine::for_each_lane(active, [&](uint32_t lane) { d[lane] = (holds >> lane & 1) != 0 ? kTrue : D{0}; });
}

// kTrue: of one element.
template <uint32_t kTrue>
void run_set_pair(Warp& warp, const Operation& operation, LaneMask active) {
  const auto op = static_cast<BoolOp>(operation.argument & 3);
  const uint64_t holds = operation.comparison(warp, operation);
  const LaneMask c = third_operand(warp, operation);
  const LaneMask low = combine(op, static_cast<LaneMask>(holds), c);
  const LaneMask high = combine(op, static_cast<LaneMask>(holds >> 32), c);
  auto* const d = warp.row<uint32_t>(operation.slots[0]);
  machine::for_each_lane(active, [&](uint32_t lane) {
    d[lane] = ((low >> lane & 1) != 0 ? kTrue : 0) | ((high >> lane & 1) != 0 ? kTrue << 16 : 0);
  });
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

// True is all ones for integers and 1.0 for floating-point types; null where the operands' type does not go with `d`.
machine::Handler set_handler(ptx::Type d, ptx::Type operands) {
  using ptx::TypeClass;
  const TypeClass from = operands.type_class;
  if (is_half_pair(operands)) {
    if (d.is_integer() && d.bits == 32) return &run_set_pair<0xFFFF>;
    if (d != operands) return nullptr;
    return from == TypeClass::half_x2 ? &run_set_pair<0x3C00> : &run_set_pair<0x3F80>;
  }
  const bool from_half = from == TypeClass::half || from == TypeClass::bfloat;
  if (d.is_integer()) {
    if (d.bits == 32) return &run_set<uint32_t, 0xFFFFFFFF>;
    return from_half ? &run_set<uint16_t, 0xFFFF> : nullptr;
  }
  if (d.type_class == TypeClass::half) return from != TypeClass::bfloat ? &run_set<uint16_t, 0x3C00> : nullptr;
  if (d.type_class == TypeClass::bfloat) return &run_set<uint16_t, 0x3F80>;
  return d.type_class == TypeClass::floating && !from_half ? &run_set<uint32_t, 0x3F800000> : nullptr;
}

}  // namespace

void decode_setp(Decoding& decoding) {
  take_third_operand(decoding);
  const Compared compared = take_comparison(decoding);
  auto& operation = decoding.operation;
  operation.comparison = compared.comparison;
  operation.run = is_half_pair(compared.type) ? &run_setp_pair : &run_setp;
  operation.slots[0] = decoding.destination(0, ptx::kPredicate);
  const auto& second = decoding.instruction().second_destination;
  if (!second) return;
  if (compared.type.bits == 16 && !compared.type.is_integer() && compared.type.type_class != ptx::TypeClass::untyped)
    decoding.invalid("has a second destination, which ." + to_string(compared.type) + " does not take");
  operation.slots[4] = decoding.destination(*second, ptx::kPredicate);
  operation.argument |= 8;
}

void decode_set(Decoding& decoding) {
  take_third_operand(decoding);
  const ptx::Type type = decoding.take_type({"u16", "s16", "u32", "s32", "f16", "f16x2", "bf16", "bf16x2", "f32"});
  const Compared compared = take_comparison(decoding);
  if (type.type_class == ptx::TypeClass::bfloat) {
    decoding.require_target(90);
    if (compared.flush) decoding.invalid("has .ftz, which .bf16 does not take");
  }
  decoding.operation.comparison = compared.comparison;
  decoding.operation.run = set_handler(type, compared.type);
  if (decoding.operation.run == nullptr)
    decoding.invalid("sets ." + to_string(type) + " by a comparison of ." + to_string(compared.type));
  decoding.operation.slots[0] = decoding.destination(0, type);
}

}  // namespace decode_lab::instructions
