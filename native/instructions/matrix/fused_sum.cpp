#include "instructions/matrix/fused_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "instructions/floating_point/number_format.h"
#include "instructions/matrix/half_bits.h"

namespace decode_lab::instructions {

namespace {

using Result = SumFormat::Result;

constexpr uint32_t kMostProducts = 16;
constexpr int32_t kLeast = -126;                          // exponent of the smallest normal f32
constexpr int32_t kScalable = -100, kMostScalable = 126;  // largest exponents of sums in single precision

constexpr int32_t kSingleBias = 127;
constexpr int64_t kDoubleBias = 1023, kSign = std::numeric_limits<int64_t>::min();

// Of C; a subnormal half has the exponent of the smallest normal one.
void exponents_of(Integers& exponents, const Floats& c, Result result) {
  const Integers bits = reinterpret_cast<Integers>(c), field = (bits >> 23) & 255;
  exponents = (field == 0 ? field + 1 : field) - kSingleBias;
  if (result == Result::half)
    exponents = ((bits << 1) == 0 ? exponents * 0 + kLeast : (exponents < -14 ? exponents * 0 - 14 : exponents));
}

// To nearest even in f16.
void round_to_halves(Doubles& sums) {
  const Longs bits = reinterpret_cast<Longs>(sums), sign = bits & kSign;
  const Doubles magnitude = reinterpret_cast<Doubles>(bits ^ sign),
                subnormal = (magnitude + 0x1p28) - 0x1p28;  // the last place of 2^28 is 2^-24
  const Longs rounded = (((bits ^ sign) + 0x1FFFFFFFFFF + ((bits >> 42) & 1)) >> 42) << 42;
  const Doubles normal = reinterpret_cast<Doubles>(rounded), result = magnitude < 0x1p-14 ? subnormal : normal;
  const Doubles infinity = result * 0 + std::numeric_limits<double>::infinity();
  sums = reinterpret_cast<Doubles>(reinterpret_cast<Longs>(result > 65504.0 ? infinity : result) | sign);
}

float round_sum(double sum, Result result) {
  if (result == Result::half) {
    Doubles sums{sum};
    round_to_halves(sums);
    return static_cast<float>(sums[0]);
  }
  const int fraction_bits = result == Result::single ? 23 : 13;
  if (std::fabs(sum) >= 0x1p-126) {
    const int dropped = 52 - fraction_bits;
    return static_cast<float>(std::bit_cast<double>(std::bit_cast<uint64_t>(sum) >> dropped << dropped));
  }
  const double unit = std::ldexp(1.0, kLeast - fraction_bits);
  return static_cast<float>(std::trunc(sum / unit) * unit);
}

// Any operands, one column by itself.
float sum_column(const SumOperands& operands, const SumFormat& format, float c, uint32_t column) {
  double products[kMostProducts], plain = c;
  Integers exponents;
  exponents_of(exponents, Floats{c}, format.result);
  int32_t top = exponents[0];
  for (uint32_t k = 0; k < format.products; k++) {
    const uint32_t at = k * operands.stride + column;
    const int32_t exponent = operands.a_exponent[k] + operands.b_exponent[at];
    products[k] = static_cast<double>(operands.a[k]) * static_cast<double>(operands.b[at]);
    plain += products[k];
    top = std::max(top, exponent);
  }
  if (std::isnan(plain)) return canonical_nan(std::numeric_limits<float>::quiet_NaN());
  if (std::isinf(plain)) return static_cast<float>(plain);
  double sum = std::trunc(std::ldexp(static_cast<double>(c), format.fraction_bits - top));
  for (uint32_t k = 0; k < format.products; k++) sum += std::trunc(std::ldexp(products[k], format.fraction_bits - top));
  return round_sum(std::ldexp(sum + 0.0, top - format.fraction_bits), format.result);
}

bool any(const Integers& condition) {
  uint64_t parts[sizeof condition / sizeof(uint64_t)], all = 0;
  std::memcpy(parts, &condition, sizeof condition);
  for (const uint64_t part : parts) all |= part;
  return all != 0;
}

// Each term is scaled so that its last kept bit is a one, and the conversion to an integer truncates it. Up to eight
// products of less than 2^(fraction_bits + 2) fit 32 bits. A product has at most 22 bits, so single precision holds it
// unless it is too small to count. Factors are finite; false, and the sums untouched, if C is not or if the largest
// exponent is beyond what can be scaled.
bool sum_columns(const SumOperands& operands, const SumFormat& format, float* sums) {
  Floats c;
  load_columns(c, sums);
  Integers products_top{}, top;
  products_top += kNoExponent;
  exponents_of(top, c, format.result);
  for (uint32_t k = 0; k < format.products; k++) {
    if (operands.a_exponent[k] == kNoExponent) continue;
    Integers exponent;
    load_columns(exponent, operands.b_exponent + k * operands.stride);
    exponent += operands.a_exponent[k];
    products_top = exponent > products_top ? exponent : products_top;
  }
  top = products_top > top ? products_top : top;
  const Integers has_products = products_top > kNoExponent / 2;
  const bool alone = !any(has_products);
  if (any((top > kMostScalable) | ((top < kScalable) & has_products))) return false;
  const Integers kept_of_c = reinterpret_cast<Integers>(c) & (format.result == Result::single_13 ? ~0x3FF : ~0);
  const Floats plus_zero = reinterpret_cast<Floats>(kept_of_c) + 0.0f;  // the sum if there are no products
  if (alone) {
    std::memcpy(sums, &plus_zero, sizeof plus_zero);
    return true;
  }
  const Integers scalable = top < kScalable ? top * 0 + kScalable : top;
  const Floats scale = reinterpret_cast<Floats>((format.fraction_bits - scalable + kSingleBias) << 23);
  Doubles sum = __builtin_convertvector(__builtin_convertvector(c * scale, Integers), Doubles);
  for (uint32_t first = 0; first < format.products; first += 8) {
    Integers part{};
    for (uint32_t k = first; k < std::min(first + 8, format.products); k++) {
      if (operands.a_exponent[k] == kNoExponent) continue;
      Floats b;
      load_columns(b, operands.b + k * operands.stride);
      part += __builtin_convertvector(b * operands.a[k] * scale, Integers);
    }
    sum += __builtin_convertvector(part, Doubles);
  }
  const Longs exponent = __builtin_convertvector(scalable - format.fraction_bits, Longs);
  sum *= reinterpret_cast<Doubles>((exponent + kDoubleBias) << 52);
  const int64_t kept = format.result == Result::single ? -1LL << 29 : -1LL << 39;
  if (format.result == Result::half)
    round_to_halves(sum);
  else
    sum = reinterpret_cast<Doubles>(reinterpret_cast<Longs>(sum) & kept);
  const Floats rounded = __builtin_convertvector(sum, Floats);
  const Floats result = top < kScalable ? plus_zero : rounded;
  std::memcpy(sums, &result, sizeof result);
  return true;
}

}  // namespace

void fused_sums(const SumOperands& operands, const SumFormat& format, float* c) {
  if (operands.finite && sum_columns(operands, format, c)) return;
  for (uint32_t column = 0; column < kColumns; column++) c[column] = sum_column(operands, format, c[column], column);
}

}  // namespace decode_lab::instructions
