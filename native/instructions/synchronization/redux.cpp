// redux.sync.{add,min,max}.{u32,s32} d, a, membermask; redux.sync.{and,or,xor}.b32 d, a, membermask   (PTX ISA
// 9.7.13.12). It converges lanes and orders no memory. Deviation: .f32, with .abs and .NaN, needs sm_100a and is
// refused.
#include <algorithm>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

namespace {

// slots: d, a.
void contribute_to_redux(Warp& warp, const Operation& operation, LaneMask active) {
  const auto* const a = warp.row<uint32_t>(operation.slots[1]);
  machine::for_each_lane(active, [&](uint32_t lane) { warp.exchange()[lane] = a[lane]; });
}

template <class T, class Combine>
void run_redux(Warp& warp, const Operation& operation, LaneMask active) {
  auto* const d = warp.row<uint32_t>(operation.slots[0]);
  const LaneMask lanes = warp.exchange_lanes();
  auto given = [&](uint32_t lane) { return static_cast<T>(static_cast<uint32_t>(warp.exchange()[lane])); };
  T result = given(machine::lowest_lane(lanes));
  machine::for_each_lane(lanes & (lanes - 1), [&](uint32_t lane) { result = Combine{}(result, given(lane)); });
  machine::for_each_lane(active, [&](uint32_t lane) { d[lane] = static_cast<uint32_t>(result); });
}

struct Add {
  uint32_t operator()(uint32_t a, uint32_t b) const { return a + b; }
};
struct And {
  uint32_t operator()(uint32_t a, uint32_t b) const { return a & b; }
};
struct Or {
  uint32_t operator()(uint32_t a, uint32_t b) const { return a | b; }
};
struct Xor {
  uint32_t operator()(uint32_t a, uint32_t b) const { return a ^ b; }
};
template <class T>
struct Min {
  T operator()(T a, T b) const { return std::min(a, b); }
};
template <class T>
struct Max {
  T operator()(T a, T b) const { return std::max(a, b); }
};

machine::Handler handler(Decoding& decoding, const std::string& op, ptx::Type type) {
  if (op == "and" || op == "or" || op == "xor") {
    if (type != ptx::Type{ptx::TypeClass::untyped, 32}) decoding.invalid("takes .b32");
    return op == "and" ? &run_redux<uint32_t, And> : op == "or" ? &run_redux<uint32_t, Or> : &run_redux<uint32_t, Xor>;
  }
  if (!type.is_integer() || type.bits != 32) decoding.invalid("takes .u32 or .s32");
  if (op == "add") return &run_redux<uint32_t, Add>;
  if (op == "min") return type.is_signed() ? &run_redux<int32_t, Min<int32_t>> : &run_redux<uint32_t, Min<uint32_t>>;
  return type.is_signed() ? &run_redux<int32_t, Max<int32_t>> : &run_redux<uint32_t, Max<uint32_t>>;
}

}  // namespace

void decode_redux(Decoding& decoding) {
  decoding.require_target(80);
  if (!decoding.take("sync")) decoding.refuse("without .sync");
  const std::string op = decoding.take_one_of({"add", "min", "max", "and", "or", "xor"});
  if (op.empty()) decoding.refuse("without .add, .min, .max, .and, .or or .xor");
  const ptx::Type type = decoding.take_type();
  if (type.type_class == ptx::TypeClass::floating) decoding.refuse("(it needs sm_100a)");
  decoding.require_operands(3);
  auto& operation = decoding.operation;
  operation.run = handler(decoding, op, type);
  operation.slots[1] = decoding.source(1, type);
  operation.membermask = decoding.source(2, {ptx::TypeClass::untyped, 32});
  operation.slots[0] = decoding.destination(0, type);
  operation.argument = type.is_signed();
  operation.kind = Operation::Kind::warp_convergent;
  operation.contribute = &contribute_to_redux;
}

}  // namespace decode_lab::instructions
