#include "instructions/floating_point/number_format.h"

namespace decode_lab::instructions {

namespace {

struct Limits {
  int bias, least_exponent;  // of a normal number's unit in the last place
  uint64_t infinity, hidden_bit;
};

Limits limits_of(NumberFormat format) {
  const int bias = (1 << (format.exponent_bits - 1)) - 1;
  return {bias, 1 - bias - format.mantissa_bits, ((uint64_t{1} << format.exponent_bits) - 1) << format.mantissa_bits,
          uint64_t{1} << format.mantissa_bits};
}

bool rounds_away(Rounding rounding, bool negative, bool odd, bool half, bool below_half) {
  switch (rounding) {
    case Rounding::nearest_even:
      return half && (below_half || odd);
    case Rounding::toward_zero:
      return false;
    case Rounding::down:
      return negative && (half || below_half);
    case Rounding::up:
      return !negative && (half || below_half);
  }
  return false;
}

}  // namespace

uint64_t round_to_format(Real real, NumberFormat format, Rounding rounding) {
  const Limits limits = limits_of(format);
  const uint64_t sign = uint64_t{real.negative} << (format.mantissa_bits + format.exponent_bits);
  if (real.significand == 0 && !real.sticky) return sign;
  const int top = 63 - std::countl_zero(real.significand | 1);
  int unit = std::max(real.exponent + top - format.mantissa_bits, limits.least_exponent);
  uint64_t kept;
  bool half = false, below = real.sticky;
  if (unit <= real.exponent) {
    kept = real.significand << (real.exponent - unit);
  } else {
    const int dropped = unit - real.exponent;
    kept = dropped < 64 ? real.significand >> dropped : 0;
    half = dropped <= 64 && (real.significand >> (dropped - 1) & 1) != 0;
    const uint64_t rest = dropped > 64 ? ~uint64_t{0} : (uint64_t{1} << (dropped - 1)) - 1;
    below = below || (real.significand & rest) != 0;
  }
  if (rounds_away(rounding, real.negative, (kept & 1) != 0, half, below)) kept++;
  if (kept >= limits.hidden_bit << 1) kept >>= 1, unit++;
  if (kept < limits.hidden_bit) return sign | kept;  // subnormal or zero
  const int biased = unit + format.mantissa_bits + limits.bias;
  if (biased >= (1 << format.exponent_bits) - 1) {
    const bool to_infinity =
        rounding == Rounding::nearest_even || rounding == (real.negative ? Rounding::down : Rounding::up);
    return sign | (to_infinity ? limits.infinity : limits.infinity - 1);
  }
  return sign | static_cast<uint64_t>(biased) << format.mantissa_bits | (kept & (limits.hidden_bit - 1));
}

uint64_t round_to_format(double value, NumberFormat format, Rounding rounding) {
  const Limits limits = limits_of(format);
  const uint64_t sign = uint64_t{std::signbit(value)} << (format.mantissa_bits + format.exponent_bits);
  if (std::isnan(value)) return limits.infinity | (limits.hidden_bit - 1);
  if (std::isinf(value)) return sign | limits.infinity;
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(value), &exponent);
  return round_to_format({std::signbit(value), static_cast<uint64_t>(std::ldexp(fraction, 53)), exponent - 53, false},
                         format, rounding);
}

double to_double(uint64_t bits, NumberFormat format) {
  const Limits limits = limits_of(format);
  const bool negative = (bits >> (format.mantissa_bits + format.exponent_bits) & 1) != 0;
  const auto biased = static_cast<int>(bits >> format.mantissa_bits & ((uint64_t{1} << format.exponent_bits) - 1));
  const uint64_t mantissa = bits & (limits.hidden_bit - 1);
  double magnitude;
  if (biased == (1 << format.exponent_bits) - 1)
    magnitude = mantissa != 0 ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  else if (biased == 0)
    magnitude = std::ldexp(static_cast<double>(mantissa), limits.least_exponent);
  else
    magnitude =
        std::ldexp(static_cast<double>(mantissa | limits.hidden_bit), biased - limits.bias - format.mantissa_bits);
  return negative ? -magnitude : magnitude;
}

}  // namespace decode_lab::instructions
