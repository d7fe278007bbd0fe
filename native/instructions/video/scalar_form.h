// What the scalar video instructions share (PTX ISA 9.7.18.1): sub-words of the sources, saturation, secondary
// operation and merge. A word of 34 bits leaves the primary operation and one of 33 bits the saturation, as the ISA
// writes.
#pragma once
#include <algorithm>
#include <cstdint>

#include "instructions/decoding.h"

namespace decode_lab::instructions {

// "": the whole word; b0…b3, h0, h1.
struct SubWord {
  uint32_t shift, bits;
};

constexpr SubWord kSubWords[] = {{0, 32}, {0, 8}, {8, 8}, {16, 8}, {24, 8}, {0, 16}, {16, 16}};

// An operation's `argument`.
struct ScalarVideo {
  uint32_t a, b, d;  // indices into kSubWords
  bool a_signed, b_signed, d_signed, saturate;
  enum class Second : uint8_t { none, add, min, max } second;
  bool wrap;  // vshl, vshr

  uint32_t pack() const {
    return a | b << 3 | d << 6 | uint32_t{a_signed} << 9 | uint32_t{b_signed} << 10 | uint32_t{d_signed} << 11 |
           uint32_t{saturate} << 12 | static_cast<uint32_t>(second) << 13 | uint32_t{wrap} << 15;
  }
  static ScalarVideo unpack(uint32_t bits) {
    return {bits & 7,
            bits >> 3 & 7,
            bits >> 6 & 7,
            (bits >> 9 & 1) != 0,
            (bits >> 10 & 1) != 0,
            (bits >> 11 & 1) != 0,
            (bits >> 12 & 1) != 0,
            static_cast<Second>(bits >> 13 & 3),
            (bits >> 15 & 1) != 0};
  }
};

inline int64_t sign_extend(int64_t value, uint32_t bits) {
  return static_cast<int64_t>(static_cast<uint64_t>(value) << (64 - bits)) >> (64 - bits);
}

inline int64_t sub_word(uint32_t word, uint32_t which, bool is_signed) {
  const SubWord part = kSubWords[which];
  const auto bits = static_cast<int64_t>(uint64_t{word} >> part.shift & ((uint64_t{1} << part.bits) - 1));
  return is_signed ? sign_extend(bits, part.bits) : bits;
}

inline int64_t clamp_to(int64_t value, uint32_t bits, bool is_signed) {
  const int64_t most = (int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
  return std::clamp(value, is_signed ? -most - 1 : 0, most);
}

// optSaturate, optSecondaryOp and optMerge of the ISA.
inline uint32_t finish_scalar_video(int64_t primary, uint32_t c, const ScalarVideo& form) {
  const SubWord part = kSubWords[form.d];
  int64_t value = sign_extend(primary, 34);
  if (form.saturate) value = clamp_to(value, part.bits, form.d_signed);
  value = sign_extend(value, 33);
  const int64_t third = form.d_signed ? static_cast<int32_t>(c) : int64_t{c};
  switch (form.second) {
    case ScalarVideo::Second::add:
      value += third;
      break;
    case ScalarVideo::Second::min:
      value = std::min(value, third);
      break;
    case ScalarVideo::Second::max:
      value = std::max(value, third);
      break;
    case ScalarVideo::Second::none:
      break;
  }
  if (form.d == 0) return static_cast<uint32_t>(value);
  const uint32_t mask = ((1u << part.bits) - 1) << part.shift;
  return (static_cast<uint32_t>(value) << part.shift & mask) | (c & ~mask);
}

// Index into kSubWords of the operand's selector.
uint32_t sub_word_of(Decoding& decoding, const ptx::Operand& operand);

// The slot of a 32-bit source whatever part of it is meant.
machine::Slot video_source(Decoding& decoding, const ptx::Operand& operand);

// The same of a destination.
machine::Slot video_destination(Decoding& decoding, const ptx::Operand& operand);

}  // namespace decode_lab::instructions
