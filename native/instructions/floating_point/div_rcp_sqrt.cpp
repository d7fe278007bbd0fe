// div{.approx,.full,.rnd}{.ftz}.f32, div.rnd.f64; rcp{.approx,.rnd}{.ftz}.f32, rcp.rnd.f64;
// sqrt{.approx,.rnd}{.ftz}.f32, sqrt.rnd.f64 (PTX ISA 9.7.3.8, 9.7.3.13, 9.7.3.15). .approx and .full are computed
// exactly and rounded once, which lies within their stated errors (2 ulp, 1 ulp). Deviation: div.approx of
// 2^126 < |b| < 2^128 is the quotient too, where the ISA has zero.
#include <cmath>

#include "instructions/decoders.h"
#include "instructions/floating_point/gross_double.h"
#include "instructions/floating_point/rounded.h"
#include "instructions/operand_forms.h"

namespace decode_lab::instructions {

namespace {

struct Div {
  template <class T>
  T operator()(T a, T b) const {
    return a / b;
  }
};

struct Rcp {
  template <class T>
  T operator()(T a) const {
    return T{1} / a;
  }
};

struct Sqrt {
  template <class T>
  T operator()(T a) const {
    return std::sqrt(a);
  }
};

// .approx and .full round to nearest; .f64 has neither, nor .ftz.
RoundedForm take_form(Decoding& decoding, std::initializer_list<std::string_view> methods) {
  const std::string method = decoding.take_one_of(methods);
  const RoundedForm form = take_rounded_form(decoding);
  if (method.empty() == !form.explicit_rounding) decoding.refuse("without one method such as .rn or .approx");
  if (form.saturate) decoding.invalid("has .sat, which it does not take");
  if (form.type.bits == 64 && !method.empty()) decoding.refuse("with ." + method + " of .f64");
  return form;
}

template <class Compute>
void decode_unary(Decoding& decoding) {
  const RoundedForm form = take_form(decoding, {"approx"});
  bind_same_type(decoding, form.type, 1);
  decoding.operation.run = rounded_handler<Compute, 1>(decoding, form);
}

}  // namespace

void decode_floating_div(Decoding& decoding) {
  const RoundedForm form = take_form(decoding, {"approx", "full"});
  bind_same_type(decoding, form.type, 2);
  decoding.operation.run = rounded_handler<Div, 2>(decoding, form);
}

void decode_rcp(Decoding& decoding) {
  if (is_gross_double(decoding))
    decode_gross_double<Rcp>(decoding);
  else
    decode_unary<Rcp>(decoding);
}
void decode_sqrt(Decoding& decoding) { decode_unary<Sqrt>(decoding); }

}  // namespace decode_lab::instructions
