#include "interpreter/stored_floats.h"

#include <algorithm>

namespace decode_lab::interpreter {

namespace {

using ptx::Operand;
using ptx::TypeClass;

// The type of what the instruction defines: the first of two for conversions, the last otherwise.
std::optional<ptx::Type> result_type(const ptx::Instruction& instruction) {
  std::optional<ptx::Type> type;
  for (const std::string& modifier : instruction.modifiers) {
    const auto parsed = ptx::parse_type(modifier);
    if (!parsed) continue;
    type = parsed;
    if (instruction.mnemonic == "cvt" || instruction.mnemonic == "set") break;
  }
  return type;
}

bool computes_float(const ptx::Instruction& instruction) {
  const auto type = result_type(instruction);
  return instruction.mnemonic != "setp" && type && type->type_class == TypeClass::floating;
}

bool passes_on(const ptx::Instruction& instruction) {
  if (instruction.mnemonic != "mov" && instruction.mnemonic != "selp" && instruction.mnemonic != "shfl") return false;
  return std::none_of(instruction.operands.begin(), instruction.operands.end(),
                      [](const Operand& operand) { return operand.kind == Operand::Kind::vector; });
}

std::vector<bool> float_registers(const machine::Program& program, const std::vector<RegisterUse>& uses) {
  std::vector<bool> floats(program.function->registers.size(), false);
  auto is_float = [&](int reg) { return floats[static_cast<size_t>(reg)]; };
  for (bool grew = true; grew;) {
    grew = false;
    for (size_t i = 0; i < program.function->instructions.size(); i++) {
      const ptx::Instruction& instruction = program.function->instructions[i];
      const bool yields = computes_float(instruction) ||
                          (passes_on(instruction) && std::any_of(uses[i].reads.begin(), uses[i].reads.end(), is_float));
      for (const int reg : uses[i].writes) {
        if (!yields || is_float(reg) || program.function->registers[static_cast<size_t>(reg)].type == ptx::kPredicate)
          continue;
        floats[static_cast<size_t>(reg)] = true;
        grew = true;
      }
    }
  }
  return floats;
}

}  // namespace

void mark_stored_floats(machine::Program& program, const std::vector<RegisterUse>& uses) {
  const std::vector<bool> floats = float_registers(program, uses);
  for (machine::Operation& operation : program.operations) {
    const ptx::Instruction& instruction = program.instruction(operation);
    if (instruction.mnemonic != "st" || operation.memory.element_bytes < 4) continue;
    const Operand& data = instruction.operands[1];
    const std::vector<Operand> elements =
        data.kind == Operand::Kind::vector ? data.elements : std::vector<Operand>{data};
    const bool all = std::all_of(elements.begin(), elements.end(), [&](const Operand& element) {
      if (element.kind == Operand::Kind::floating_immediate) return true;
      if (element.kind != Operand::Kind::reg) return false;
      const auto reg = static_cast<size_t>(element.reg);
      return floats[reg] && program.function->registers[reg].type.bits == operation.memory.element_bytes * 8u;
    });
    operation.memory.holds_floats = operation.memory.holds_floats || all;
  }
}

}  // namespace decode_lab::interpreter
