// and, or, xor, not .{pred,b16,b32,b64}; cnot.{b16,b32,b64}; lop3.b32 d, a, b, c, immLut
// (PTX ISA 9.7.8.1–9.7.8.6); lop3.{and,or}.b32 d|p, a, b, c, immLut, {!}q with p = (d != 0) BoolOp q.
// Deviations: none.
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

constexpr uint32_t kAndNonZero = 0x100;

// slots: d, a, b, c, p, q.
void run_lop3_to_predicate(Warp& warp, const Operation& operation, LaneMask active) {
  const LaneMask q = warp.registers().predicate(operation.slots[5]) ^ (operation.source_negated ? kAllLanes : 0);
  lanewise_with_argument<LookUp, uint32_t, uint32_t, uint32_t, uint32_t>(warp, operation, active);
  const auto* const d = warp.row<uint32_t>(operation.slots[0]);
  LaneMask non_zero = 0;
  for (uint32_t lane = 0; lane < kLanes; lane++) non_zero |= LaneMask{d[lane] != 0} << lane;
  LaneMask& p = warp.registers().predicate(operation.slots[4]);
  const LaneMask result = (operation.argument & kAndNonZero) != 0 ? non_zero & q : non_zero | q;
  p = (p & ~active) | (result & active);
}

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
  const ptx::Type type = decoding.take_type({"pred", "b16", "b32", "b64"});
  bind_same_type(decoding, type, kSources);
  if (type == ptx::kPredicate) {
    decoding.operation.run = &run_on_predicates<Compute, kSources>;
    return;
  }
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
  const ptx::Type type = decoding.take_type(kBitTypes);
  bind_same_type(decoding, type, 1);
  decoding.operation.run = with_width(decoding, type, []<class T>() { return &lanewise<LogicalNot, T, T>; });
}

void decode_lop3(Decoding& decoding) {
  const std::string bool_op = decoding.take_one_of({"and", "or"});
  const ptx::Type type = decoding.take_type({"b32"});
  decoding.require_operands(bool_op.empty() ? 5 : 6);
  auto& operation = decoding.operation;
  for (size_t i = 1; i <= 3; i++) operation.slots[i] = decoding.source(i, type);
  operation.slots[0] = decoding.destination(0, type);
  const uint64_t table = decoding.immediate(4);
  if (table > 0xFF) decoding.invalid("has a look-up table of more than 8 bits");
  operation.argument = static_cast<uint32_t>(table);
  operation.run = &lanewise_with_argument<LookUp, uint32_t, uint32_t, uint32_t, uint32_t>;
  if (bool_op.empty()) return;
  const auto& second = decoding.instruction().second_destination;
  if (!second) decoding.invalid("has a Boolean operator, but no second destination");
  operation.slots[4] = decoding.destination(*second, ptx::kPredicate);
  operation.slots[5] = decoding.predicate(5, operation.source_negated);
  operation.argument |= bool_op == "and" ? kAndNonZero : 0;
  operation.run = &run_lop3_to_predicate;
}

}  // namespace decode_lab::instructions
