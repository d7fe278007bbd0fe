#include "instructions/floating_point/rounded.h"

#include "instructions/operand_forms.h"

namespace decode_lab::instructions {

RoundedForm take_rounded_form(Decoding& decoding) {
  RoundedForm form{};
  const std::string rounding = decoding.take_one_of({"rn", "rz", "rm", "rp"});
  form.explicit_rounding = !rounding.empty();
  form.rounding = rounding == "rz"   ? Rounding::toward_zero
                  : rounding == "rm" ? Rounding::down
                  : rounding == "rp" ? Rounding::up
                                     : Rounding::nearest_even;
  form.flush = decoding.take("ftz");
  form.saturate = decoding.take("sat");
  form.type = decoding.take_type(kFloatTypes);
  if (form.type.bits == 64 && (form.flush || form.saturate))
    decoding.invalid("has .ftz or .sat, which .f64 does not take");
  return form;
}

}  // namespace decode_lab::instructions
