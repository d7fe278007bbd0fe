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

// Is there a way from each operation to an acquire fence or operation? A function may return behind any call.
class AcquireReach {
 public:
  explicit AcquireReach(const machine::Program& program)
      : program_(program), reaches_(program.operations.size(), false) {
    for (bool grew = true; grew;) {
      grew = false;
      for (size_t at = reaches_.size(); at-- > 0;) {
        if (reaches_[at] || !find(at)) continue;
        grew = reaches_[at] = true;
        if (at != 0 && program.operations[at - 1].kind == Operation::Kind::call) returns_to_it_ = true;
        for (const machine::Procedure& procedure : program.procedures)
          if (procedure.first == at) begins_a_function_ = true;
      }
    }
  }
  bool operator[](size_t at) const { return reaches_[at]; }

 private:
  bool find(size_t at) const {
    const Operation& operation = program_.operations[at];
    if (is_fence(program_, operation) &&
        static_cast<machine::FenceKind>(operation.argument) != machine::FenceKind::release)
      return true;
    if (machine::acquires(operation.memory.semantics)) return true;
    switch (operation.kind) {
      case Operation::Kind::branch:
        if (reaches_[operation.target]) return true;
        break;
      case Operation::Kind::branch_indexed:
        for (const uint32_t target : program_.branch_tables[operation.argument])
          if (reaches_[target]) return true;
        break;
      case Operation::Kind::call:
        if (begins_a_function_) return true;
        break;
      case Operation::Kind::ret:
        if (returns_to_it_) return true;
        break;
      default:
        break;
    }
    const bool leaves = operation.guard == machine::kNoSlot &&
                        (operation.kind == Operation::Kind::branch ||
                         operation.kind == Operation::Kind::branch_indexed || operation.kind == Operation::Kind::ret ||
                         operation.kind == Operation::Kind::exit || operation.kind == Operation::Kind::trap);
    return !leaves && at + 1 < reaches_.size() && reaches_[at + 1];
  }

  const machine::Program& program_;
  std::vector<bool> reaches_;
  bool returns_to_it_ = false;      // some operation behind a call reaches one
  bool begins_a_function_ = false;  // some function's first operation does
};

// Which registers of a function its instructions read.
std::vector<bool> registers_read(const machine::Program& program, const std::vector<RegisterUse>& uses,
                                 size_t procedure) {
  const auto& procedures = program.procedures;
  std::vector<bool> is_read(procedures[procedure].function->registers.size(), false);
  const size_t end = procedure + 1 < procedures.size() ? procedures[procedure + 1].first : uses.size();
  for (size_t at = procedures[procedure].first; at < end; at++)
    for (const int reg : uses[at].reads) is_read[static_cast<size_t>(reg)] = true;
  return is_read;
}

}  // namespace

void note_communication(machine::Program& program, const std::vector<RegisterUse>& uses) {
  const AcquireReach reaches(program);
  std::vector<bool> is_read;
  for (size_t at = 0, procedure = 0; at < program.operations.size(); at++) {
    if (procedure < program.procedures.size() && at == program.procedures[procedure].first)
      is_read = registers_read(program, uses, procedure++);
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
    program.writes_relaxed |= !machine::releases(memory.semantics) && program.instruction(operation).mnemonic != "ld";
    memory.in_pattern |= reaches[at] && program.instruction(operation).mnemonic == "ld";
  }
}

}  // namespace decode_lab::interpreter
