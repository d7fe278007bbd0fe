// Halves in vectorisable loops: no branch, no subnormal operand.
#pragma once
#include <bit>
#include <cstdint>

namespace decode_lab::instructions {

inline float half_to_float(uint16_t bits) {
  const uint32_t magnitude = bits & 0x7FFFu, exponent = magnitude >> 10, sign = uint32_t{bits & 0x8000u} << 16;
  const uint32_t normal = (magnitude << 13) + (112u << 23), special = (magnitude << 13) | 0x7F800000u;
  const float subnormal = std::bit_cast<float>((113u << 23) | (magnitude << 13)) - std::bit_cast<float>(113u << 23);
  const uint32_t result = exponent == 0 ? std::bit_cast<uint32_t>(subnormal) : exponent == 31 ? special : normal;
  return std::bit_cast<float>(result | sign);
}

// A subnormal's is the smallest normal one; zero's is below all that a product can have.
inline constexpr int32_t kNoExponent = -1000;
inline int32_t half_exponent(uint16_t bits) {
  const int32_t field = bits >> 10 & 31;
  return (bits & 0x7FFFu) == 0 ? kNoExponent : (field > 1 ? field : 1) - 15;
}

// To nearest even; a NaN becomes 0x7FFF.
inline uint16_t float_to_half(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value), magnitude = bits & 0x7FFFFFFFu;
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000u);
  if (magnitude > 0x7F800000u) return 0x7FFF;
  const uint32_t rounded = (magnitude + 0xFFF + (magnitude >> 13 & 1)) - (112u << 23);
  const float aligned = std::bit_cast<float>(magnitude) + 0.5f;  // its last place is a subnormal half's
  const uint32_t subnormal = std::bit_cast<uint32_t>(aligned) - std::bit_cast<uint32_t>(0.5f);
  const uint32_t result = magnitude < (113u << 23)   ? subnormal
                          : magnitude >= 0x477FF000u ? 0x7C00u  // 65520 and more
                                                     : rounded >> 13;
  return static_cast<uint16_t>(sign | result);
}

}  // namespace decode_lab::instructions
