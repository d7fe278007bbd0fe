#include "instructions/registry.h"

#include <array>

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
    return type->is_integer() || type->type_class == ptx::TypeClass::untyped || *type == ptx::kPredicate
               ? Types::integer
               : Types::half;
  }
  return Types::any;
}

}  // namespace

void decode(Decoding& decoding) {
  const ptx::Instruction& instruction = decoding.instruction();
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
