// add, sub, mul{.rn}{.ftz}{.sat}.{f16,f16x2}, {.rn}.{bf16,bf16x2}; fma.rn{.ftz}{.sat,.relu}.{f16,f16x2},
// fma.rn{.relu}.{bf16,bf16x2} (PTX ISA 9.7.4.1–9.7.4.4). Each element is computed in double precision and rounded once;
// 53 bits are more than twice those of either format, so that two roundings give what one would. -0 under .relu becomes
// +0. Deviation: fma.oob is refused, as the ISA leaves open which NaN is the OOB NaN.
#include "instructions/decoders.h"
#include "instructions/half_precision/half_forms.h"

namespace decode_lab::instructions {

namespace {

constexpr uint32_t kFlush = 1, kSaturate = 2, kRelu = 4;

struct Add {
  double operator()(double a, double b) const { return a + b; }
};
struct Sub {
  double operator()(double a, double b) const { return a - b; }
};
struct Mul {
  double operator()(double a, double b) const { return a * b; }
};

// a·b is exact in double; the sum is made odd when it is not, so that the one rounding that follows is right.
struct Fma {
  double operator()(double a, double b, double c) const {
    const double product = a * b, sum = product + c, part = sum - product;
    const double error = (product - (sum - part)) + (c - part);
    const auto bits = std::bit_cast<int64_t>(sum), error_bits = std::bit_cast<int64_t>(error);
    const bool finite = (bits & kExponent) != kExponent;
    const int64_t away_or_toward_zero = 1 | (bits ^ error_bits) >> 63;
    const int64_t adjustment = (error_bits & INT64_MAX) != 0 ? away_or_toward_zero : 0;
    const int64_t if_even = adjustment & ((bits & 1) - 1);
    return std::bit_cast<double>(bits + (finite ? if_even : 0));
  }

 private:
  static constexpr int64_t kExponent = int64_t{0x7FF} << 52;
};

template <class Compute>
struct Arithmetic {
  template <class Format, uint32_t kForm>
  struct Element {
    template <class... S>
    uint16_t operator()(S... bits) const {
      uint16_t result = round_to_half<Format>(Compute{}(value(bits)...));
      if constexpr ((kForm & kFlush) != 0) result = flush_bits<Format>(result);
      const bool negative = (result & 0x8000) != 0;
      if constexpr ((kForm & kSaturate) != 0) {
        const uint16_t limited = result > Format::kOne ? Format::kOne : result;
        return negative | is_nan_bits<Format>(result) ? uint16_t{0} : limited;
      }
      if constexpr ((kForm & kRelu) != 0) return negative ? uint16_t{0} : result;
      return result;
    }

   private:
    static double value(uint16_t bits) {
      return static_cast<double>(Format::to_float((kForm & kFlush) != 0 ? flush_bits<Format>(bits) : bits));
    }
  };
};

uint32_t take_form(Decoding& decoding) {
  return (decoding.take("ftz") ? kFlush : 0) | (decoding.take("sat") ? kSaturate : 0);
}

template <class Compute>
void decode_binary(Decoding& decoding) {
  decoding.take("rn");
  const uint32_t form = take_form(decoding);
  const ptx::Type type = decoding.take_type(kHalfTypes);
  if (is_bfloat(type)) decoding.require_target(90);
  bind_half<Arithmetic<Compute>::template Element, 2, Forms<0, kFlush, kSaturate, kFlush | kSaturate>, Forms<0>>(
      decoding, type, form);
}

}  // namespace

void decode_half_add(Decoding& decoding) { decode_binary<Add>(decoding); }
void decode_half_sub(Decoding& decoding) { decode_binary<Sub>(decoding); }
void decode_half_mul(Decoding& decoding) { decode_binary<Mul>(decoding); }

void decode_half_fma(Decoding& decoding) {
  if (!decoding.take("rn")) decoding.invalid("needs .rn");
  if (decoding.take("oob")) decoding.refuse("with .oob");
  const uint32_t form = take_form(decoding) | (decoding.take("relu") ? kRelu : 0);
  const ptx::Type type = decoding.take_type(kHalfTypes);
  if (is_bfloat(type) || (form & kRelu) != 0) decoding.require_target(80);
  bind_half<Arithmetic<Fma>::Element, 3, Forms<0, kFlush, kSaturate, kFlush | kSaturate, kRelu, kFlush | kRelu>,
            Forms<0, kRelu>>(decoding, type, form);
}

}  // namespace decode_lab::instructions
