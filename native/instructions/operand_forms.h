// The common operand forms: destination and one, two or three sources of one type.
#pragma once
#include "instructions/decoding.h"

namespace decode_lab::instructions {

inline constexpr std::string_view kIntegerTypes[] = {"u16", "u32", "u64", "s16", "s32", "s64"};
inline constexpr std::string_view kSignedTypes[] = {"s16", "s32", "s64"};
inline constexpr std::string_view kBitTypes[] = {"b16", "b32", "b64"};
inline constexpr std::string_view kFloatTypes[] = {"f32", "f64"};

// Is this one of the instructions on two 16-bit integers in one register (PTX ISA 9.7.1.1, 9.7.1.12, 9.7.1.13)?
inline bool is_pair_of_integers(const Decoding& decoding) { return decoding.instruction().text.ends_with("16x2"); }

// slots[0] = destination, slots[1…] = sources, all of `type`.
inline void bind_same_type(Decoding& decoding, ptx::Type type, size_t sources) {
  decoding.require_operands(1 + sources);
  for (size_t i = 1; i <= sources; i++) decoding.operation.slots[i] = decoding.source(i, type);
  decoding.operation.slots[0] = decoding.destination(0, type);
}

}  // namespace decode_lab::instructions
