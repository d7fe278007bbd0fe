#include "instructions/data_movement/conversion.h"

#include <algorithm>
#include <cmath>

namespace decode_lab::instructions {

namespace {

using ptx::TypeClass;

bool is_floating(ptx::Type type) {
  return type.type_class == TypeClass::floating || type.type_class == TypeClass::half ||
         type.type_class == TypeClass::bfloat;
}

NumberFormat format_of(ptx::Type type) {
  if (type.type_class == TypeClass::half) return kF16;
  if (type.type_class == TypeClass::bfloat) return kBf16;
  return type.bits == 64 ? kF64 : kF32;
}

struct Range {
  __int128 least, most;
};

Range range_of(ptx::Type type) {
  const __int128 one = 1;
  if (type.is_signed()) return {-(one << (type.bits - 1)), (one << (type.bits - 1)) - 1};
  return {0, (one << type.bits) - 1};
}

__int128 integer_of(uint64_t bits, ptx::Type type) {
  const uint64_t mask = type.bits == 64 ? ~uint64_t{0} : (uint64_t{1} << type.bits) - 1;
  const uint64_t value = bits & mask;
  const bool negative = type.is_signed() && (value >> (type.bits - 1) & 1) != 0;
  return negative ? static_cast<__int128>(value) - (static_cast<__int128>(mask) + 1) : static_cast<__int128>(value);
}

uint64_t to_integer_bits(__int128 value, const Conversion& conversion) {
  if (conversion.saturate) {
    const Range range = range_of(conversion.to);
    value = std::clamp(value, range.least, range.most);
  }
  return static_cast<uint64_t>(integer_of(static_cast<uint64_t>(value), conversion.to));
}

double round_to_integral(double value, Rounding rounding) {
  switch (rounding) {
    case Rounding::nearest_even:
      return std::nearbyint(value);
    case Rounding::toward_zero:
      return std::trunc(value);
    case Rounding::down:
      return std::floor(value);
    case Rounding::up:
      return std::ceil(value);
  }
  return value;
}

// NaN becomes 0, or 2^(bits-1) where .f64, .s64 or .u64 take part; values out of range are clamped.
uint64_t float_to_integer(double value, const Conversion& conversion) {
  const ptx::Type to = conversion.to;
  if (std::isnan(value)) {
    const bool wide = to.bits == 64 || conversion.from.bits == 64;
    return wide ? static_cast<uint64_t>(integer_of(uint64_t{1} << (to.bits - 1), to)) : 0;
  }
  const double integral = round_to_integral(value, conversion.rounding);
  const Range range = range_of(to);
  if (integral <= static_cast<double>(range.least)) return static_cast<uint64_t>(range.least);
  if (integral >= std::ldexp(1.0, static_cast<int>(to.bits) - (to.is_signed() ? 1 : 0)))
    return static_cast<uint64_t>(range.most);
  return static_cast<uint64_t>(static_cast<__int128>(integral));
}

uint64_t finish_float(uint64_t bits, const Conversion& conversion) {
  const NumberFormat format = format_of(conversion.to);
  const bool single = conversion.to == ptx::Type{TypeClass::floating, 32};
  double value = to_double(bits, format);
  if (conversion.flush && single) value = flush_subnormal(static_cast<float>(value));
  if (conversion.saturate) value = saturate_to_unit(value);
  if (conversion.relu && value <= 0) value = 0.0;
  const uint64_t finished = round_to_format(value, format, Rounding::nearest_even);
  return conversion.saturate_finite && std::isinf(value) ? finished - 1 : finished;
}

}  // namespace

uint64_t convert(uint64_t bits, const Conversion& conversion) {
  const NumberFormat to = format_of(conversion.to);
  if (!is_floating(conversion.from)) {
    const __int128 value = integer_of(bits, conversion.from);
    if (!is_floating(conversion.to)) return to_integer_bits(value, conversion);
    const auto magnitude = static_cast<uint64_t>(value < 0 ? -value : value);
    return finish_float(round_to_format({value < 0, magnitude, 0, false}, to, conversion.rounding), conversion);
  }
  const uint64_t mask = conversion.from.bits == 64 ? ~uint64_t{0} : (uint64_t{1} << conversion.from.bits) - 1;
  double value = to_double(bits & mask, format_of(conversion.from));
  if (conversion.flush && conversion.from == ptx::Type{TypeClass::floating, 32})
    value = flush_subnormal(static_cast<float>(value));
  if (!is_floating(conversion.to)) return float_to_integer(value, conversion);
  if (conversion.to_integral) value = round_to_integral(value, conversion.rounding);
  return finish_float(round_to_format(value, to, conversion.to_integral ? Rounding::nearest_even : conversion.rounding),
                      conversion);
}

}  // namespace decode_lab::instructions
