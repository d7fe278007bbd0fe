// float16 and bfloat16 to and from float and double without branches, so that loops over lanes vectorise.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "instructions/floating_point/number_format.h"

namespace decode_lab::instructions {

struct F16Bits {
  static constexpr uint16_t kInfinity = 0x7C00, kOne = 0x3C00;
  static constexpr int kMantissaBits = 10, kLeastExponent = -14;

  static float to_float(uint16_t bits) {
    const uint32_t magnitude = uint32_t{bits & 0x7FFFu} << 13;
    const uint32_t finite = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112f);
    const uint32_t special = magnitude | 0x7F800000;
    return std::bit_cast<float>(((bits & kInfinity) == kInfinity ? special : finite) | uint32_t{bits & 0x8000u} << 16);
  }

  // To nearest even; NaN becomes 0x7FFF. Adding 0.5 leaves a subnormal's units in the low bits.
  static uint16_t from_float(float value) {
    const auto bits = std::bit_cast<uint32_t>(value);
    const uint32_t magnitude = bits & 0x7FFFFFFF;
    const uint32_t normal = (magnitude - (112u << 23) + 0xFFF + (magnitude >> 13 & 1)) >> 13;
    const uint32_t subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3F000000;
    uint32_t result = magnitude < 0x38800000 ? subnormal : normal;
    result = magnitude >= 0x47800000 ? uint32_t{kInfinity} : result;
    result |= bits >> 16 & 0x8000;
    return static_cast<uint16_t>(magnitude > 0x7F800000 ? 0x7FFF : result);
  }

  // Toward zero.
  static uint16_t cut_float(float value) {
    const auto bits = std::bit_cast<uint32_t>(value);
    const uint32_t magnitude = bits & 0x7FFFFFFF, exponent = magnitude >> 23;
    const uint32_t shift = exponent > 101 ? 126 - exponent : 25;  // of a significand of 24 bits
    const uint32_t subnormal = ((magnitude & 0x7FFFFF) | 0x800000) >> (shift & 31);
    uint32_t result = magnitude < 0x38800000 ? subnormal : (magnitude - (112u << 23)) >> 13;
    result = magnitude >= 0x47800000 ? kInfinity - 1u : result;
    result = magnitude == 0x7F800000 ? uint32_t{kInfinity} : result;
    result |= bits >> 16 & 0x8000;
    return static_cast<uint16_t>(magnitude > 0x7F800000 ? 0x7FFF : result);
  }
};

struct Bf16Bits {
  static constexpr uint16_t kInfinity = 0x7F80, kOne = 0x3F80;
  static constexpr int kMantissaBits = 7, kLeastExponent = -126;
  static float to_float(uint16_t bits) { return bf16_to_float(bits); }
  static uint16_t from_float(float value) { return float_to_bf16(value); }
  static uint16_t cut_float(float value) {
    return static_cast<uint16_t>(value == value ? std::bit_cast<uint32_t>(value) >> 16 : 0x7FFF);
  }
};

// A double rounded once to nearest even, in 64-bit integers; NaN becomes 0x7FFF. Adding a power of two whose unit in
// the last place is the format's smallest number leaves a subnormal's units in the low bits.
template <class Format>
uint16_t round_to_half(double value) {
  constexpr int kDropped = 52 - Format::kMantissaBits;
  constexpr int64_t kSmallestNormal = int64_t{1023 + Format::kLeastExponent} << 52;
  constexpr int64_t kTooLarge = int64_t{1023 + 1 - Format::kLeastExponent + 1} << 52;
  constexpr double kUnits =
      std::bit_cast<double>(int64_t{1023 + 52 + Format::kLeastExponent - Format::kMantissaBits} << 52);
  const auto bits = std::bit_cast<int64_t>(value);
  const int64_t magnitude = bits & INT64_MAX;
  const uint64_t tie = (uint64_t{1} << (kDropped - 1)) - 1 + static_cast<uint64_t>(magnitude >> kDropped & 1);
  const auto nearest = static_cast<int64_t>((static_cast<uint64_t>(magnitude) + tie) >> kDropped);
  const int64_t normal = nearest - (int64_t{1023 + Format::kLeastExponent - 1} << Format::kMantissaBits);
  const int64_t subnormal = std::bit_cast<int64_t>(std::fabs(value) + kUnits) - std::bit_cast<int64_t>(kUnits);
  int64_t result = magnitude < kSmallestNormal ? subnormal : normal;
  result = magnitude >= kTooLarge ? int64_t{Format::kInfinity} : result;
  result |= bits >> 48 & 0x8000;
  return static_cast<uint16_t>(magnitude > int64_t{0x7FF} << 52 ? 0x7FFF : result);
}

template <class Format>
bool is_nan_bits(uint16_t bits) {
  return (bits & 0x7FFF) > Format::kInfinity;
}

// Subnormal numbers become zero of the same sign.
template <class Format>
uint16_t flush_bits(uint16_t bits) {
  return (bits & Format::kInfinity) == 0 ? static_cast<uint16_t>(bits & 0x8000) : bits;
}

inline constexpr std::string_view kHalfTypes[] = {"f16", "f16x2", "bf16", "bf16x2"};

}  // namespace decode_lab::instructions
