#include "interpreter/defined_registers.h"

#include "error.h"

namespace decode_lab::interpreter {

namespace {

using Set = std::vector<bool>;
using machine::Operation;

std::vector<uint32_t> successors(const machine::Program& program, uint32_t at) {
  const Operation& operation = program.operations[at];
  const bool conditional = operation.guard != machine::kNoSlot;
  const bool last = at + 1 == program.operations.size();
  std::vector<uint32_t> next;
  if (operation.kind == Operation::Kind::branch) next.push_back(operation.target);
  const bool ends = operation.kind == Operation::Kind::branch || operation.kind == Operation::Kind::exit ||
                    operation.kind == Operation::Kind::trap;
  if (!last && (!ends || conditional)) next.push_back(at + 1);
  return next;
}

// Basic blocks keep the sets few: a block starts at the entry, at branch targets and behind branches.
class Flow {
 public:
  Flow(const machine::Program& program, const std::vector<RegisterUse>& uses)
      : program_(program), uses_(uses), leader_(program.operations.size(), false) {
    leader_[0] = true;
    for (uint32_t at = 0; at < leader_.size(); at++) {
      const bool is_branch = program.operations[at].kind == Operation::Kind::branch;
      if (is_branch) leader_[program.operations[at].target] = true;
      if (is_branch && at + 1 < leader_.size()) leader_[at + 1] = true;
    }
  }

  void check() {
    defined_at_.resize(leader_.size());
    std::vector<uint32_t> work{0};
    defined_at_[0] = Set(program_.function->registers.size(), false);
    while (!work.empty()) {
      const uint32_t block = work.back();
      work.pop_back();
      Set defined = defined_at_[block];
      const uint32_t last = walk(block, defined, false);
      for (const uint32_t next : successors(program_, last))
        if (flow_into(next, defined)) work.push_back(next);
    }
    for (uint32_t at = 0; at < leader_.size(); at++) {
      if (!leader_[at] || defined_at_[at].empty()) continue;
      Set defined = defined_at_[at];
      walk(at, defined, true);
    }
  }

 private:
  // Follows a block to its last operation.
  uint32_t walk(uint32_t at, Set& defined, bool report) {
    for (;; at++) {
      for (const int reg : uses_[at].reads)
        if (report && !defined[static_cast<size_t>(reg)]) refuse(at, reg);
      for (const int reg : uses_[at].writes) defined[static_cast<size_t>(reg)] = true;
      if (at + 1 == leader_.size() || leader_[at + 1] || successors(program_, at).empty()) return at;
    }
  }

  bool flow_into(uint32_t block, const Set& defined) {
    Set& known = defined_at_[block];
    if (known.empty()) return known = defined, true;
    bool grew = false;
    for (size_t i = 0; i < known.size(); i++) {
      if (!defined[i] || known[i]) continue;
      known[i] = true;
      grew = true;
    }
    return grew;
  }

  void refuse(uint32_t at, int reg) const {
    const ptx::Instruction& instruction = program_.instruction(program_.operations[at]);
    invalid_ptx("instruction '" + instruction.text + "' reads register '" +
                    program_.function->registers[static_cast<size_t>(reg)].name + "', which nothing before it defines",
                instruction.line);
  }

  const machine::Program& program_;
  const std::vector<RegisterUse>& uses_;
  std::vector<bool> leader_;
  std::vector<Set> defined_at_;
};

}  // namespace

void require_defined_registers(const machine::Program& program, const std::vector<RegisterUse>& uses) {
  if (program.function->registers.empty()) return;
  Flow(program, uses).check();
}

}  // namespace decode_lab::interpreter
