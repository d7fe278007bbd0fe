// Exact rounding of a real number into a binary floating-point format (IEEE 754-2019 §4.3, §7.4): the slow, obvious
// path behind every conversion and every directed rounding.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace decode_lab::instructions {

enum class Rounding : uint8_t { nearest_even, toward_zero, down, up };

struct NumberFormat {
  int mantissa_bits;  // stored
  int exponent_bits;
};

inline constexpr NumberFormat kF16{10, 5}, kBf16{7, 8}, kF32{23, 8}, kF64{52, 11};

// significand · 2^exponent, plus something smaller than one unit of it if `sticky`.
struct Real {
  bool negative;
  uint64_t significand;
  int exponent;
  bool sticky;
};

// Bits of the finite number in `format`; overflow gives infinity or the largest finite number, as the rounding asks.
uint64_t round_to_format(Real real, NumberFormat format, Rounding rounding);

// Bits of any double, NaN becoming the format's canonical NaN (all ones but the sign).
uint64_t round_to_format(double value, NumberFormat format, Rounding rounding);

// The exact value of bits of a format that has no more precision than double.
double to_double(uint64_t bits, NumberFormat format);

inline float bf16_to_float(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

// cvt.rn.bf16.f32 (PTX ISA 9.7.9.21): to nearest even; NaN becomes 0x7FFF, whose bits the ISA leaves open.
inline uint16_t float_to_bf16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  return static_cast<uint16_t>((bits & 0x7FFFFFFF) > 0x7F800000 ? 0x7FFF : rounded);
}

inline float flush_subnormal(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return std::bit_cast<float>((bits & 0x7F800000) == 0 ? bits & 0x80000000 : bits);
}

// Single-precision instructions return an unspecified NaN (PTX ISA 9.7.3): here 0x7FFFFFFF.
inline float canonical_nan(float value) { return value != value ? std::bit_cast<float>(0x7FFFFFFFu) : value; }

// .sat: NaN, negative numbers and -0 become +0.
template <class T>
T saturate_to_unit(T value) {
  return value > T{0} ? (value < T{1} ? value : T{1}) : T{0};
}

}  // namespace decode_lab::instructions
