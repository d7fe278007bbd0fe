#include "interpreter/decode.h"

#include "error.h"
#include "instructions/registry.h"
#include "interpreter/communication.h"
#include "interpreter/defined_registers.h"
#include "interpreter/stored_numbers.h"

namespace decode_lab::interpreter {

namespace {

using machine::Operation;

// Calls come with .param variables of their own, so they are refused before anything else is looked at.
void refuse_calls(const ptx::Function& entry) {
  for (const ptx::Instruction& instruction : entry.instructions)
    if (instruction.mnemonic == "call")
      unsupported("instruction '" + instruction.text + "' of '" + instruction.operands[0].name + "' is not supported",
                  instruction.line);
}

// A label may stand behind the last instruction, and a body may end without ret: both reach this exit.
Operation closing_exit(const ptx::Function& entry) {
  Operation operation{};
  operation.kind = Operation::Kind::exit;
  operation.instruction = static_cast<uint32_t>(entry.instructions.size()) - 1;
  return operation;
}

Operation decode_instruction(const ptx::Function& entry, uint32_t index, instructions::RegisterLayout& layout,
                             RegisterUse& use) {
  const ptx::Instruction& instruction = entry.instructions[index];
  Operation operation{};
  operation.instruction = index;
  instructions::Decoding decoding(instruction, layout, operation);
  if (instruction.guard >= 0) {
    operation.guard = layout.of_register(instruction.guard);
    operation.guard_negated = instruction.guard_negated;
    decoding.uses.push_back(instruction.guard);
  }
  instructions::decode(decoding);
  use = {std::move(decoding.uses), std::move(decoding.definitions)};
  return operation;
}

}  // namespace

machine::Program decode(const ptx::Function& entry, const VariableLayout& variables) {
  if (entry.instructions.empty()) invalid_ptx("entry '" + entry.name + "' has no instructions", entry.line);
  refuse_calls(entry);
  machine::Program program{};
  program.function = &entry;
  instructions::RegisterLayout layout(entry, variables.addresses, variables.target);
  std::vector<RegisterUse> uses(entry.instructions.size() + 1);
  for (uint32_t index = 0; index < entry.instructions.size(); index++)
    program.operations.push_back(decode_instruction(entry, index, layout, uses[index]));
  program.operations.push_back(closing_exit(entry));
  require_defined_registers(program, uses);
  mark_stored_numbers(program, uses);
  note_communication(program, uses);
  program.constants = layout.constants();
  program.specials = layout.specials();
  program.register_bytes = layout.bytes();
  program.static_shared_bytes = variables.shared_bytes;
  program.local_bytes = static_cast<uint32_t>(variables.local_bytes);
  program.parameter_bytes = static_cast<uint32_t>(variables.parameter_bytes);
  program.parameter_offsets = variables.parameter_offsets;
  return program;
}

}  // namespace decode_lab::interpreter
