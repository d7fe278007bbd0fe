// cvt.{rn,rz}{.relu}{.satfinite}.{f16x2,bf16x2}.f32 d, a, b: a to the upper half, b to the lower   (PTX ISA 9.7.9.21).
// Deviations: none.
#include "instructions/data_movement/cvt_forms.h"
#include "instructions/data_movement/narrow_single.h"

namespace decode_lab::instructions {

using ptx::TypeClass;

bool decode_packed(Decoding& decoding) {
  const std::string to = decoding.take_one_of({"f16x2", "bf16x2"});
  if (to.empty()) return false;
  Conversion c{};
  const std::string rounding = decoding.take_one_of({"rn", "rz"});
  if (rounding.empty()) decoding.invalid("needs .rn or .rz");
  c.rounding = rounding == "rn" ? Rounding::nearest_even : Rounding::toward_zero;
  c.relu = decoding.take("relu");
  c.saturate_finite = decoding.take("satfinite");
  c.from = decoding.take_type({"f32"});
  const bool bfloat = to == "bf16x2";
  c.to = {bfloat ? TypeClass::bfloat : TypeClass::half, 16};
  decoding.require_target(80);
  decoding.require_operands(3);
  auto& operation = decoding.operation;
  operation.slots[1] = decoding.source(1, c.from);
  operation.slots[2] = decoding.source(2, c.from);
  operation.slots[0] = decoding.destination(0, {TypeClass::untyped, 32});
  operation.run = narrow_single_handler(c, true);
  return true;
}

}  // namespace decode_lab::instructions
