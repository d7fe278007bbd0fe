#include "instructions/registry.h"

#include <algorithm>

#include "instructions/decoders.h"

namespace decode_lab::instructions {

namespace {

enum class Types : uint8_t { any, integer, floating, half };

struct Row {
  std::string_view mnemonic;
  Types types;
  void (*decode)(Decoding&);
};

constexpr Row kRows[] = {
#define INSTRUCTION(mnemonic, types, name) {mnemonic, Types::types, decode_##name},
#include "instructions/instructions.def"
#undef INSTRUCTION
};

// The last type among the modifiers chooses between the rows of one mnemonic: add.s32, add.f32, add.f16.
Types types_of(const ptx::Instruction& instruction) {
  for (auto modifier = instruction.modifiers.rbegin(); modifier != instruction.modifiers.rend(); ++modifier) {
    const auto type = ptx::parse_type(*modifier);
    if (!type) continue;
    if (type->type_class == ptx::TypeClass::floating) return Types::floating;
    return type->is_integer() || type->is_pair_of_integers() || type->type_class == ptx::TypeClass::untyped ||
                   *type == ptx::kPredicate
               ? Types::integer
               : Types::half;
  }
  return Types::any;
}

// add, sub and fma that convert .f16 or .bf16 operands to .f32 first (PTX ISA 9.7.5).
bool is_mixed_precision(const ptx::Instruction& instruction) {
  return (instruction.mnemonic == "add" || instruction.mnemonic == "sub" || instruction.mnemonic == "fma") &&
         (instruction.text.ends_with(".f32.f16") || instruction.text.ends_with(".f32.bf16"));
}

// What only newer targets than the machine's have is refused by their number.
void refuse_what_sm_100_brought(const Decoding& decoding) {
  constexpr std::string_view kNewer[] = {"f32x2",  "rs",     "e2m1x2", "e2m3x2", "e3m2x2", "ue8m0x2",
                                         "e2m1x4", "e4m3x4", "e5m2x4", "e2m3x4", "e3m2x4"};
  const ptx::Instruction& instruction = decoding.instruction();
  const bool newer = std::any_of(instruction.modifiers.begin(), instruction.modifiers.end(), [&](const auto& modifier) {
    return std::find(std::begin(kNewer), std::end(kNewer), modifier) != std::end(kNewer);
  });
  if (newer || is_mixed_precision(instruction)) decoding.require_target(100);
}

}  // namespace

void decode(Decoding& decoding) {
  const ptx::Instruction& instruction = decoding.instruction();
  refuse_what_sm_100_brought(decoding);
  const Types types = types_of(instruction);
  for (const Row& row : kRows) {
    if (row.mnemonic != instruction.mnemonic || (row.types != Types::any && row.types != types)) continue;
    row.decode(decoding);
    decoding.require_no_modifiers();
    return decoding.require_second_destination_taken();
  }
  decoding.refuse("");
}

}  // namespace decode_lab::instructions
