// Comparison operators of setp and set (PTX ISA 9.3.1, 9.7.6, 9.7.7).
#pragma once
#include "instructions/decoding.h"
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

using machine::Comparison;  // compares rows slots[1] and slots[2]

// {.BoolOp}: how the result is combined with a third predicate operand.
enum class BoolOp : uint8_t { none, bit_and, bit_or, bit_xor };

BoolOp take_bool_op(Decoding& decoding);
inline LaneMask combine(BoolOp op, LaneMask a, LaneMask b) {
  return op == BoolOp::bit_and ? a & b : op == BoolOp::bit_or ? a | b : op == BoolOp::bit_xor ? a ^ b : a;
}

struct Compared {
  Comparison comparison;
  ptx::Type type;  // of the operands
  bool flush;
};

// Takes the operator, .ftz and the operands' type; binds operands 1 and 2 to slots[1] and slots[2].
Compared take_comparison(Decoding& decoding);

inline bool is_half_pair(ptx::Type type) {
  return type.type_class == ptx::TypeClass::half_x2 || type.type_class == ptx::TypeClass::bfloat_x2;
}

}  // namespace decode_lab::instructions
