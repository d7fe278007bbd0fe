#include "interpreter/decode.h"

#include <algorithm>

#include "error.h"
#include "instructions/registry.h"
#include "interpreter/communication.h"
#include "interpreter/defined_registers.h"
#include "interpreter/stack_depth.h"
#include "interpreter/stored_numbers.h"

namespace decode_lab::interpreter {

namespace {

using machine::Operation;

// A label may stand behind the last instruction, and a body may end without ret: both reach this exit or return.
Operation closing_operation(const ptx::Function& function) {
  Operation operation{};
  operation.kind = function.is_entry ? Operation::Kind::exit : Operation::Kind::ret;
  operation.instruction = static_cast<uint32_t>(function.instructions.size()) - 1;
  return operation;
}

// Decodes one function after the other into a program; the entry is the first.
class Decoder {
 public:
  Decoder(const ptx::Module& module, const VariableLayout& variables) : module_(module), variables_(variables) {}

  machine::Program run() {
    for (const ptx::Function* const function : module_.reached) {
      procedures_[function] = static_cast<uint32_t>(procedures_.size());
      program_.procedure_at[variables_.addresses.functions.at(function)] = procedures_.at(function);
    }
    for (const ptx::Function& function : module_.functions)
      if (!procedures_.contains(&function))
        program_.undefined_at[variables_.addresses.functions.at(&function)] = function.name;
    for (const ptx::Function* const function : module_.reached) decode_function(*function);
    note_communication(program_, uses_);
    mark_stored_numbers(program_, uses_);
    return std::move(program_);
  }

 private:
  void decode_function(const ptx::Function& function) {
    DecodedFunction decoded{&function, {}, std::vector<RegisterUse>(function.instructions.size() + 1), {}};
    instructions::RegisterLayout layout(function, variables_.addresses, variables_.target);
    const size_t first_table = program_.branch_tables.size();
    for (uint32_t index = 0; index < function.instructions.size(); index++)
      decoded.operations.push_back(decode_instruction(function, index, layout, decoded));
    decoded.operations.push_back(closing_operation(function));
    require_defined_registers(decoded);
    append(std::move(decoded), layout, first_table);
  }

  Operation decode_instruction(const ptx::Function& function, uint32_t index, instructions::RegisterLayout& layout,
                               DecodedFunction& decoded) {
    const ptx::Instruction& instruction = function.instructions[index];
    Operation operation{};
    operation.instruction = index;
    instructions::Decoding decoding(instruction, layout, operation);
    if (instruction.guard >= 0) {
      operation.guard = layout.of_register(instruction.guard);
      operation.guard_negated = instruction.guard_negated;
      decoding.uses.push_back(instruction.guard);
    }
    instructions::decode(decoding);
    if (operation.kind == Operation::Kind::branch_indexed) {
      operation.argument = static_cast<uint32_t>(program_.branch_tables.size());
      program_.branch_tables.push_back(decoding.branch_targets);
      decoded.branch_targets[index] = std::move(decoding.branch_targets);
    }
    if (decoding.call) add_call(instruction, operation, std::move(*decoding.call));
    uses_reserved_shared_ = uses_reserved_shared_ || reads_reserved_shared(instruction);
    decoded.uses[index] = {std::move(decoding.uses), std::move(decoding.definitions)};
    return operation;
  }

  void add_call(const ptx::Instruction& instruction, Operation& operation, machine::CallSite call) {
    const ptx::Function* const callee = instruction.operands[0].function;
    if (operation.kind == Operation::Kind::call && callee != nullptr) call.procedure = procedures_.at(callee);
    operation.argument = static_cast<uint32_t>(program_.calls.size());
    program_.calls.push_back(std::move(call));
  }

  static bool reads_reserved_shared(const ptx::Instruction& instruction) {
    return std::any_of(instruction.operands.begin(), instruction.operands.end(), [](const ptx::Operand& operand) {
      return operand.kind == ptx::Operand::Kind::special && operand.name.starts_with("%reserved_smem");
    });
  }

  // From indices within the function to indices within the program.
  void append(DecodedFunction decoded, instructions::RegisterLayout& layout, size_t first_table) {
    const auto first = static_cast<uint32_t>(program_.operations.size());
    const auto first_instruction = static_cast<uint32_t>(program_.instructions.size());
    for (size_t table = first_table; table < program_.branch_tables.size(); table++)
      for (uint32_t& target : program_.branch_tables[table]) target += first;
    for (Operation& operation : decoded.operations) {
      operation.target += first;
      operation.instruction += first_instruction;
      program_.operations.push_back(operation);
    }
    for (RegisterUse& use : decoded.uses) uses_.push_back(std::move(use));
    for (const ptx::Instruction& instruction : decoded.function->instructions)
      program_.instructions.push_back(&instruction);
    machine::Procedure procedure{};
    procedure.function = decoded.function;
    procedure.first = first;
    procedure.first_instruction = first_instruction;
    if (!decoded.function->is_entry)
      for (const ptx::Variable& parameter : decoded.function->parameters)
        procedure.parameters.push_back(layout.place_of(parameter));
    for (const ptx::Variable& result : decoded.function->results) procedure.results.push_back(layout.place_of(result));
    procedure.registers = layout.registers();
    procedure.constants = layout.constants();
    procedure.specials = layout.specials();
    procedure.stack_rows = layout.stack_rows();
    procedure.register_bytes = layout.bytes();
    procedure.stack_bytes = variables_.stacks.at(decoded.function).bytes;
    procedure.stack_align = variables_.stacks.at(decoded.function).align;
    program_.procedures.push_back(std::move(procedure));
    program_.reserved_shared_bytes = uses_reserved_shared_ ? machine::kReservedSharedBytes + machine::kSharedUnit : 0;
  }

  const ptx::Module& module_;
  const VariableLayout& variables_;
  std::map<const ptx::Function*, uint32_t> procedures_;
  std::vector<RegisterUse> uses_;  // of every operation
  bool uses_reserved_shared_ = false;
  machine::Program program_{};
};

}  // namespace

machine::Program decode(const ptx::Module& module, const VariableLayout& variables) {
  const ptx::Function& entry = *module.reached.front();
  if (entry.cluster && (*entry.cluster)[0] * uint64_t{(*entry.cluster)[1]} * (*entry.cluster)[2] != 1)
    unsupported("a cluster of more than one CTA", entry.line);
  machine::Program program = Decoder(module, variables).run();
  program.static_shared_bytes = variables.shared_bytes;
  program.local_bytes = deepest_stack(program);
  program.parameter_bytes = static_cast<uint32_t>(variables.parameter_bytes);
  program.parameter_offsets = variables.parameter_offsets;
  program.explicit_cluster = entry.explicit_cluster;
  return program;
}

}  // namespace decode_lab::interpreter
