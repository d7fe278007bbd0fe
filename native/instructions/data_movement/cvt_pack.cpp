// cvt.pack.sat.{u16,s16}.s32 d, a, b; cvt.pack.sat.{u2,s2,u4,s4,u8,s8}.s32.b32 d, a, b, c   (PTX ISA 9.7.9.22).
// Deviations: none.
#include <algorithm>

#include "instructions/data_movement/cvt_forms.h"
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

namespace {

// `argument`: bits of one converted value | 0x100 if it is signed.
uint32_t converted(int32_t value, uint32_t argument) {
  const uint32_t bits = argument & 0xFF;
  const bool is_signed = (argument & 0x100) != 0;
  const int32_t most = (1 << (is_signed ? bits - 1 : bits)) - 1, least = is_signed ? -most - 1 : 0;
  return static_cast<uint32_t>(std::clamp(value, least, most)) & ((1u << bits) - 1);
}

struct Pack {
  uint32_t operator()(int32_t a, int32_t b, uint32_t argument) const {
    return converted(a, argument) << 16 | converted(b, argument);
  }
  uint32_t operator()(int32_t a, int32_t b, uint32_t c, uint32_t argument) const {
    const uint32_t bits = argument & 0xFF;
    return c << (2 * bits) | converted(a, argument) << bits | converted(b, argument);
  }
};

}  // namespace

bool decode_pack(Decoding& decoding) {
  if (!decoding.take("pack")) return false;
  const std::string to = decoding.take_one_of({"u16", "s16", "u2", "s2", "u4", "s4", "u8", "s8"});
  if (to.empty()) decoding.invalid("packs no type of .u16, .s16, .u2, .s2, .u4, .s4, .u8, .s8");
  if (!decoding.take("sat")) decoding.invalid("needs .sat");
  const ptx::Type type = decoding.take_type({"s32"});
  const auto bits = static_cast<uint32_t>(std::stoi(to.substr(1)));
  decoding.require_target(bits < 8 ? 75 : 72);
  const bool merges = bits < 16;
  if (merges) decoding.take_type({"b32"});
  decoding.require_operands(merges ? 4 : 3);
  auto& operation = decoding.operation;
  for (size_t i = 1; i < decoding.instruction().operands.size(); i++) operation.slots[i] = decoding.source(i, type);
  operation.slots[0] = decoding.destination(0, type);
  operation.argument = bits | (to[0] == 's' ? 0x100 : 0);
  operation.run = merges ? &lanewise_with_argument<Pack, uint32_t, int32_t, int32_t, uint32_t>
                         : &lanewise_with_argument<Pack, uint32_t, int32_t, int32_t>;
  return true;
}

}  // namespace decode_lab::instructions
