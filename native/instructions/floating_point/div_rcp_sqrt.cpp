// div{.approx,.full,.rnd}{.ftz}.f32, div.rnd.f64; rcp{.approx,.rnd}{.ftz}.f32, rcp.rnd.f64;
// sqrt{.approx,.rnd}{.ftz}.f32, sqrt.rnd.f64 (PTX ISA 9.7.3.8, 9.7.3.13, 9.7.3.15). .approx and .full are computed
// exactly and rounded once, which lies within their stated errors (2 ulp, 1 ulp). Deviations: none.
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

// For 2^126 < |b| < 2^128 the reciprocal is flushed: zero, or NaN if a is infinite.
struct ApproximateDiv {
  float operator()(float a, float b) const {
    const float magnitude = std::fabs(b);
    const bool flushed = magnitude > 0x1p126f && magnitude <= std::numeric_limits<float>::max();
    return flushed ? a * std::copysign(0.0f, b) : a / b;
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

RoundedForm take_approximate_form(Decoding& decoding) {
  const bool flush = decoding.take("ftz");
  return {Rounding::nearest_even, true, flush, false, decoding.take_type({"f32"})};
}

template <class Compute>
void decode_unary(Decoding& decoding) {
  const RoundedForm form = take_form(decoding, {"approx"});
  bind_same_type(decoding, form.type, 1);
  decoding.operation.run = rounded_handler<Compute, 1>(decoding, form);
}

}  // namespace

void decode_floating_div(Decoding& decoding) {
  const bool approximate = decoding.take("approx");
  const RoundedForm form = approximate ? take_approximate_form(decoding) : take_form(decoding, {"full"});
  bind_same_type(decoding, form.type, 2);
  decoding.operation.run = approximate ? detail::nearest_single<ApproximateDiv, float, float>(form)
                                       : rounded_handler<Div, 2>(decoding, form);
}

void decode_rcp(Decoding& decoding) {
  if (is_gross_double(decoding))
    decode_gross_double<Rcp>(decoding);
  else
    decode_unary<Rcp>(decoding);
}
void decode_sqrt(Decoding& decoding) { decode_unary<Sqrt>(decoding); }

}  // namespace decode_lab::instructions
