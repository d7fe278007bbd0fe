// add{.rnd}{.ftz}{.sat}.f32 / add{.rnd}.f64, sub, mul   (PTX ISA 9.7.3.3, 9.7.3.4, 9.7.3.5).
// Deviation: without an explicit rounding, ptxas may contract mul and add into fma; here both round.
#include "instructions/decoders.h"
#include "instructions/floating_point/rounded.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"

namespace decode_lab::instructions {

namespace {

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    return a + b;
  }
};

struct Sub {
  template <class T>
  T operator()(T a, T b) const {
    return a - b;
  }
};

struct Mul {
  template <class T>
  T operator()(T a, T b) const {
    return a * b;
  }
};

template <class Compute>
void decode_binary(Decoding& decoding) {
  const RoundedForm form = take_rounded_form(decoding);
  bind_same_type(decoding, form.type, 2);
  decoding.operation.run = rounded_handler<Compute, 2>(decoding, form);
}

}  // namespace

void decode_floating_add(Decoding& decoding) { decode_binary<Add>(decoding); }
void decode_floating_sub(Decoding& decoding) { decode_binary<Sub>(decoding); }
void decode_floating_mul(Decoding& decoding) { decode_binary<Mul>(decoding); }

}  // namespace decode_lab::instructions
