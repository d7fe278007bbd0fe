#include "interpreter/communication.h"

#include <algorithm>

#include "machine/strong_access.h"

namespace decode_lab::interpreter {

namespace {

using machine::Operation;
using machine::Semantics;

bool is_fence(const machine::Program& program, const Operation& operation) {
  const std::string& mnemonic = program.instruction(operation).mnemonic;
  return operation.kind == Operation::Kind::lanewise && (mnemonic == "fence" || mnemonic == "membar") &&
         program.instruction(operation).text.find("proxy") == std::string::npos;
}

// Is there a way from each operation to an acquire fence?
std::vector<bool> reach_a_fence(const machine::Program& program) {
  const auto& operations = program.operations;
  std::vector<bool> reaches(operations.size(), false);
  for (bool grew = true; grew;) {
    grew = false;
    for (size_t at = operations.size(); at-- > 0;) {
      if (reaches[at]) continue;
      const Operation& operation = operations[at];
      const bool is_acquire_fence = is_fence(program, operation) &&
                                    static_cast<machine::FenceKind>(operation.argument) != machine::FenceKind::release;
      const bool leaves = operation.guard == machine::kNoSlot &&
                          (operation.kind == Operation::Kind::branch || operation.kind == Operation::Kind::exit ||
                           operation.kind == Operation::Kind::trap);
      reaches[at] = is_acquire_fence || (operation.kind == Operation::Kind::branch && reaches[operation.target]) ||
                    (!leaves && at + 1 < operations.size() && reaches[at + 1]);
      grew = grew || reaches[at];
    }
  }
  return reaches;
}

}  // namespace

void note_communication(machine::Program& program, const std::vector<RegisterUse>& uses) {
  std::vector<bool> is_read(program.function->registers.size(), false);
  for (const RegisterUse& use : uses)
    for (const int reg : use.reads) is_read[static_cast<size_t>(reg)] = true;
  const auto reaches = reach_a_fence(program);
  for (size_t at = 0; at < program.operations.size(); at++) {
    Operation& operation = program.operations[at];
    machine::MemoryAccess& memory = operation.memory;
    if (is_fence(program, operation)) {
      program.depends_on_order = true;
      program.ctas_communicate |= memory.scope == machine::Scope::gpu;
      continue;
    }
    if (memory.semantics == Semantics::weak) continue;
    program.ctas_communicate |= memory.space != ptx::StateSpace::shared;
    const bool result_is_read = std::any_of(uses[at].writes.begin(), uses[at].writes.end(),
                                            [&](int reg) { return is_read[static_cast<size_t>(reg)]; });
    program.depends_on_order |= memory.semantics != Semantics::relaxed || result_is_read;
    memory.in_pattern |= reaches[at] && program.instruction(operation).mnemonic == "ld";
  }
}

}  // namespace decode_lab::interpreter
