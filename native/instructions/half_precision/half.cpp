// add, sub, mul, fma, abs, neg, min, max of .f16, .f16x2, .bf16, .bf16x2 with {.rn}{.ftz}{.sat}{.relu}{.NaN}
// (PTX ISA 9.7.4.1–9.7.4.8). Each element is computed exactly enough in double precision and rounded once. Deviations:
// none.
#include <cmath>

#include "instructions/decoders.h"
#include "instructions/floating_point/number_format.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"

namespace decode_lab::instructions {

namespace {

constexpr uint32_t kFlush = 1, kSaturate = 2, kRelu = 4, kNaN = 8, kBfloat = 16;

double quiet() { return std::numeric_limits<double>::quiet_NaN(); }

struct Add {
  double operator()(double a, double b, uint32_t) const { return a + b; }
};
struct Sub {
  double operator()(double a, double b, uint32_t) const { return a - b; }
};
struct Mul {
  double operator()(double a, double b, uint32_t) const { return a * b; }
};
struct Abs {
  double operator()(double a, uint32_t) const { return std::fabs(a); }
};
struct Neg {
  double operator()(double a, uint32_t) const { return -a; }
};
template <bool kMax>
struct MinMax {
  double operator()(double a, double b, uint32_t form) const {
    if (std::isnan(a) || std::isnan(b))
      return (form & kNaN) != 0 || (std::isnan(a) && std::isnan(b)) ? quiet() : std::isnan(a) ? b : a;
    if (a == b) return std::signbit(a) == kMax ? b : a;
    return (a < b) == kMax ? b : a;
  }
};

double flush(double value, NumberFormat format) {
  const double smallest_normal = std::ldexp(1.0, 2 - (1 << (format.exponent_bits - 1)));
  return std::fabs(value) < smallest_normal ? std::copysign(0.0, value) : value;
}

double adjust(double value, NumberFormat format, uint32_t form) {
  if ((form & kFlush) != 0) value = flush(value, format);
  if ((form & kSaturate) != 0) value = saturate_to_unit(value);
  if ((form & kRelu) != 0 && value <= 0) value = 0.0;
  return value;
}

uint64_t finish(double exact, NumberFormat format, uint32_t form) {
  const uint64_t rounded = round_to_format(exact, format, Rounding::nearest_even);
  if ((form & (kFlush | kSaturate | kRelu)) == 0) return rounded;
  return round_to_format(adjust(to_double(rounded, format), format, form), format, Rounding::nearest_even);
}

// One element; sources are bits of the format.
template <class Compute, class... S>
uint16_t element(uint32_t form, S... bits) {
  const NumberFormat format = (form & kBfloat) != 0 ? kBf16 : kF16;
  auto value = [&](uint16_t b) {
    return (form & kFlush) != 0 ? flush(to_double(b, format), format) : to_double(b, format);
  };
  return static_cast<uint16_t>(finish(Compute{}(value(bits)..., form), format, form));
}

// a·b is exact in double; the sum is made odd when it is not, so that the one rounding that follows is right.
struct Fma {
  double operator()(double a, double b, double c, uint32_t) const {
    const double product = a * b, sum = product + c, part = sum - product;
    const double error = (product - (sum - part)) + (c - part);
    const auto bits = std::bit_cast<uint64_t>(sum);
    if (error == 0 || !std::isfinite(sum) || (bits & 1) != 0) return sum;
    return std::bit_cast<double>((error > 0) == (sum > 0) ? bits + 1 : bits - 1);
  }
};

template <class Compute, class W>
struct Elements {
  template <class... S>
  W operator()(S... sources_and_form) const {
    return run(std::forward_as_tuple(sources_and_form...), std::make_index_sequence<sizeof...(S) - 1>{});
  }

 private:
  template <class Tuple, size_t... I>
  W run(Tuple&& values, std::index_sequence<I...>) const {
    const uint32_t form = std::get<sizeof...(I)>(values);
    W result = element<Compute>(form, static_cast<uint16_t>(std::get<I>(values))...);
    if constexpr (sizeof(W) == 4)
      result |= W{element<Compute>(form, static_cast<uint16_t>(std::get<I>(values) >> 16)...)} << 16;
    return result;
  }
};

template <class Compute, size_t kSources>
void decode_half(Decoding& decoding, uint32_t form) {
  const ptx::Type type = decoding.take_type();
  if (type.type_class == ptx::TypeClass::bfloat || type.type_class == ptx::TypeClass::bfloat_x2) form |= kBfloat;
  bind_same_type(decoding, type, kSources);
  decoding.operation.argument = form;
  auto handler = [&]<class W>() -> machine::Handler {
    if constexpr (kSources == 1)
      return &lanewise_with_argument<Elements<Compute, W>, W, W>;
    else if constexpr (kSources == 2)
      return &lanewise_with_argument<Elements<Compute, W>, W, W, W>;
    else
      return &lanewise_with_argument<Elements<Compute, W>, W, W, W, W>;
  };
  decoding.operation.run =
      type.bits == 32 ? handler.template operator()<uint32_t>() : handler.template operator()<uint16_t>();
}

uint32_t take_arithmetic_form(Decoding& decoding) {
  decoding.take("rn");
  return (decoding.take("ftz") ? kFlush : 0) | (decoding.take("sat") ? kSaturate : 0);
}

uint32_t take_flush(Decoding& decoding) { return decoding.take("ftz") ? kFlush : 0; }

}  // namespace

void decode_half_add(Decoding& decoding) { decode_half<Add, 2>(decoding, take_arithmetic_form(decoding)); }
void decode_half_sub(Decoding& decoding) { decode_half<Sub, 2>(decoding, take_arithmetic_form(decoding)); }
void decode_half_mul(Decoding& decoding) { decode_half<Mul, 2>(decoding, take_arithmetic_form(decoding)); }
void decode_half_fma(Decoding& decoding) {
  const uint32_t form = take_arithmetic_form(decoding);
  decode_half<Fma, 3>(decoding, form | (decoding.take("relu") ? kRelu : 0));
}
void decode_half_abs(Decoding& decoding) { decode_half<Abs, 1>(decoding, take_flush(decoding)); }
void decode_half_neg(Decoding& decoding) { decode_half<Neg, 1>(decoding, take_flush(decoding)); }
void decode_half_min(Decoding& decoding) {
  decode_half<MinMax<false>, 2>(decoding, take_flush(decoding) | (decoding.take("NaN") ? kNaN : 0));
}
void decode_half_max(Decoding& decoding) {
  decode_half<MinMax<true>, 2>(decoding, take_flush(decoding) | (decoding.take("NaN") ? kNaN : 0));
}

}  // namespace decode_lab::instructions
