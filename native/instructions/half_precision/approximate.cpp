// ex2.approx.{f16,f16x2}, ex2.approx.ftz.{bf16,bf16x2}; tanh.approx.{f16,f16x2,bf16,bf16x2}   (PTX
// ISA 9.7.4.9, 9.7.4.10). Computed in double precision and rounded once, which lies within every stated error; a GPU's
// bits may differ.
#include "instructions/decoders.h"
#include "instructions/half_precision/half_forms.h"

namespace decode_lab::instructions {

namespace {

struct Exp2 {
  double operator()(double a) const { return std::exp2(a); }
};
struct Tanh {
  double operator()(double a) const { return std::tanh(a); }
};

// kForm: 1 = .ftz.
template <class Compute>
struct Approximate {
  template <class Format, uint32_t kForm>
  struct Element {
    uint16_t operator()(uint16_t a) const {
      const uint16_t bits = kForm != 0 ? flush_bits<Format>(a) : a;
      const uint16_t result = round_to_half<Format>(Compute{}(static_cast<double>(Format::to_float(bits))));
      return kForm != 0 ? flush_bits<Format>(result) : result;
    }
  };
};

template <class Compute, class Bf16Forms>
void decode_approximate(Decoding& decoding) {
  if (!decoding.take("approx")) decoding.invalid("needs .approx");
  const uint32_t form = decoding.take("ftz") ? 1 : 0;
  const ptx::Type type = decoding.take_type(kHalfTypes);
  decoding.require_target(is_bfloat(type) ? 90 : 75);
  bind_half<Approximate<Compute>::template Element, 1, Forms<0>, Bf16Forms>(decoding, type, form);
}

}  // namespace

void decode_half_ex2(Decoding& decoding) { decode_approximate<Exp2, Forms<1>>(decoding); }
void decode_half_tanh(Decoding& decoding) { decode_approximate<Tanh, Forms<0>>(decoding); }

}  // namespace decode_lab::instructions
