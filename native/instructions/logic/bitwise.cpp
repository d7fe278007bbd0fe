// and, or, xor, not .{pred,b16,b32,b64}; cnot.{b16,b32,b64}; lop3.b32 d, a, b, c, immLut
// (PTX ISA 9.7.8.1–9.7.8.6). Deviation: lop3.BoolOp is refused.
#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

struct And {
  template <class T>
  T operator()(T a, T b) const {
    return a & b;
  }
};
struct Or {
  template <class T>
  T operator()(T a, T b) const {
    return a | b;
  }
};
struct Xor {
  template <class T>
  T operator()(T a, T b) const {
    return a ^ b;
  }
};
struct Not {
  template <class T>
  T operator()(T a) const {
    return static_cast<T>(~a);
  }
};
struct LogicalNot {
  template <class T>
  T operator()(T a) const {
    return a == 0 ? 1 : 0;
  }
};

// Bit i of the table is the result where a, b, c contribute 4, 2, 1 to i.
struct LookUp {
  uint32_t operator()(uint32_t a, uint32_t b, uint32_t c, uint32_t table) const {
    uint32_t result = 0;
    for (uint32_t i = 0; i < 8; i++) {
      const uint32_t minterm = ((i & 4) != 0 ? a : ~a) & ((i & 2) != 0 ? b : ~b) & ((i & 1) != 0 ? c : ~c);
      result |= (table >> i & 1) != 0 ? minterm : 0;
    }
    return result;
  }
};

template <class Compute, size_t kSources>
void run_on_predicates(Warp& warp, const Operation& operation, LaneMask active) {
  const LaneMask a = warp.registers().predicate(operation.slots[1]);
  LaneMask result;
  if constexpr (kSources == 2)
    result = Compute{}(a, warp.registers().predicate(operation.slots[2]));
  else
    result = Compute{}(a);
  LaneMask& d = warp.registers().predicate(operation.slots[0]);
  d = (d & ~active) | (result & active);
}

template <class Compute, size_t kSources>
void decode_bitwise(Decoding& decoding) {
  const ptx::Type type = decoding.take_type();
  bind_same_type(decoding, type, kSources);
  if (type == ptx::kPredicate) {
    decoding.operation.run = &run_on_predicates<Compute, kSources>;
    return;
  }
  if (type.type_class != ptx::TypeClass::untyped) decoding.invalid("takes .b and .pred types");
  decoding.operation.run = with_width(decoding, type, []<class T>() -> machine::Handler {
    if constexpr (kSources == 2)
      return &lanewise<Compute, T, T, T>;
    else
      return &lanewise<Compute, T, T>;
  });
}

}  // namespace

void decode_bitwise_and(Decoding& decoding) { decode_bitwise<And, 2>(decoding); }
void decode_bitwise_or(Decoding& decoding) { decode_bitwise<Or, 2>(decoding); }
void decode_bitwise_xor(Decoding& decoding) { decode_bitwise<Xor, 2>(decoding); }
void decode_bitwise_not(Decoding& decoding) { decode_bitwise<Not, 1>(decoding); }

void decode_cnot(Decoding& decoding) {
  const ptx::Type type = decoding.take_type();
  bind_same_type(decoding, type, 1);
  decoding.operation.run = with_width(decoding, type, []<class T>() { return &lanewise<LogicalNot, T, T>; });
}

void decode_lop3(Decoding& decoding) {
  if (!decoding.take_one_of({"and", "or"}).empty()) decoding.refuse("with a predicate");
  const ptx::Type type = decoding.take_type();
  if (type.bits != 32) decoding.invalid("takes .b32");
  decoding.require_operands(5);
  for (size_t i = 1; i <= 3; i++) decoding.operation.slots[i] = decoding.source(i, type);
  decoding.operation.slots[0] = decoding.destination(0, type);
  decoding.operation.argument = static_cast<uint32_t>(decoding.immediate(4) & 0xFF);
  decoding.operation.run = &lanewise_with_argument<LookUp, uint32_t, uint32_t, uint32_t, uint32_t>;
}

}  // namespace decode_lab::instructions
