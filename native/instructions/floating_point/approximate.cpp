// rsqrt.approx{.ftz}.f32, sin.approx{.ftz}.f32, cos, lg2, ex2, tanh.approx.f32   (PTX ISA 9.7.3.16,
// 9.7.3.18–9.7.3.22). Computed in double precision and rounded once, which lies within every stated error; a GPU's bits
// may differ.
#include <cmath>

#include "instructions/decoders.h"
#include "instructions/floating_point/gross_double.h"
#include "instructions/floating_point/rounded.h"
#include "instructions/operand_forms.h"

namespace decode_lab::instructions {

namespace {

struct ReciprocalRootOfDouble {
  double operator()(double a) const { return 1.0 / std::sqrt(a); }
};
struct ReciprocalRoot {
  float operator()(float a) const { return static_cast<float>(1.0 / std::sqrt(static_cast<double>(a))); }
};
struct Sine {
  float operator()(float a) const { return static_cast<float>(std::sin(static_cast<double>(a))); }
};
struct Cosine {
  float operator()(float a) const { return static_cast<float>(std::cos(static_cast<double>(a))); }
};
struct Log2 {
  float operator()(float a) const { return static_cast<float>(std::log2(static_cast<double>(a))); }
};
struct Exp2 {
  float operator()(float a) const { return static_cast<float>(std::exp2(static_cast<double>(a))); }
};
struct Tanh {
  float operator()(float a) const { return static_cast<float>(std::tanh(static_cast<double>(a))); }
};

template <class Compute>
void decode_approximate(Decoding& decoding, bool may_flush = true) {
  if (!decoding.take("approx")) decoding.invalid("needs .approx");
  const bool flush = may_flush && decoding.take("ftz");
  const ptx::Type type = decoding.take_type({"f32"});
  bind_same_type(decoding, type, 1);
  decoding.operation.run = detail::nearest_single<Compute, float>(
      {.rounding = Rounding::nearest_even, .explicit_rounding = true, .flush = flush, .saturate = false, .type = type});
}

void decode_double_root(Decoding& decoding) {
  decoding.take("approx");
  bind_same_type(decoding, decoding.take_type(), 1);
  decoding.operation.run = &lanewise<ReciprocalRootOfDouble, double, double>;
}

}  // namespace

void decode_rsqrt(Decoding& decoding) {
  if (is_gross_double(decoding))
    decode_gross_double<ReciprocalRootOfDouble>(decoding);
  else if (decoding.instruction().text == "rsqrt.approx.f64")
    decode_double_root(decoding);
  else
    decode_approximate<ReciprocalRoot>(decoding);
}
void decode_sin(Decoding& decoding) { decode_approximate<Sine>(decoding); }
void decode_cos(Decoding& decoding) { decode_approximate<Cosine>(decoding); }
void decode_lg2(Decoding& decoding) { decode_approximate<Log2>(decoding); }
void decode_ex2(Decoding& decoding) { decode_approximate<Exp2>(decoding); }
void decode_tanh(Decoding& decoding) {
  decoding.require_target(75);
  decode_approximate<Tanh>(decoding, false);
}

}  // namespace decode_lab::instructions
