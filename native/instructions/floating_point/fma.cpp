// fma.rnd{.ftz}{.sat}.f32 / fma.rnd.f64 d, a, b, c; mad.rnd is the same (PTX ISA 9.7.3.6, 9.7.3.7). Deviations: none.
#include <cmath>

#include "instructions/decoders.h"
#include "instructions/floating_point/rounded.h"
#include "instructions/operand_forms.h"

namespace decode_lab::instructions {

namespace {

struct FusedMultiplyAdd {
  template <class T>
  T operator()(T a, T b, T c) const {
    return std::fma(a, b, c);
  }
};

}  // namespace

void decode_floating_fma(Decoding& decoding) {
  const RoundedForm form = take_rounded_form(decoding);
  if (!form.explicit_rounding) decoding.invalid("needs a rounding (.rn, .rz, .rm or .rp)");
  bind_same_type(decoding, form.type, 3);
  decoding.operation.run = rounded_handler<FusedMultiplyAdd, 3>(decoding, form);
}

}  // namespace decode_lab::instructions
