#include "interpreter/defined_registers.h"

#include "error.h"

namespace decode_lab::interpreter {

namespace {

using Set = std::vector<bool>;
using machine::Operation;

bool is_branch(const Operation& operation) {
  return operation.kind == Operation::Kind::branch || operation.kind == Operation::Kind::branch_indexed;
}

std::vector<uint32_t> successors(const DecodedFunction& decoded, uint32_t at) {
  const Operation& operation = decoded.operations[at];
  const bool conditional = operation.guard != machine::kNoSlot;
  const bool last = at + 1 == decoded.operations.size();
  std::vector<uint32_t> next;
  if (operation.kind == Operation::Kind::branch) next.push_back(operation.target);
  if (operation.kind == Operation::Kind::branch_indexed) next = decoded.branch_targets.at(at);
  const bool ends = is_branch(operation) || operation.kind == Operation::Kind::exit ||
                    operation.kind == Operation::Kind::ret || operation.kind == Operation::Kind::trap;
  if (!last && (!ends || conditional)) next.push_back(at + 1);
  return next;
}

// Basic blocks keep the sets few: a block starts at the entry, at branch targets and behind branches.
class Flow {
 public:
  Flow(const DecodedFunction& decoded) : decoded_(decoded), leader_(decoded.operations.size(), false) {
    leader_[0] = true;
    for (uint32_t at = 0; at < leader_.size(); at++) {
      if (!is_branch(decoded.operations[at])) continue;
      for (const uint32_t target : successors(decoded, at)) leader_[target] = true;
      if (at + 1 < leader_.size()) leader_[at + 1] = true;
    }
  }

  void check() {
    defined_at_.resize(leader_.size());
    std::vector<uint32_t> work{0};
    defined_at_[0] = Set(decoded_.function->registers.size(), false);
    for (const ptx::Variable& parameter : decoded_.function->parameters)
      if (parameter.in_register) defined_at_[0][static_cast<size_t>(parameter.reg)] = true;
    while (!work.empty()) {
      const uint32_t block = work.back();
      work.pop_back();
      Set defined = defined_at_[block];
      const uint32_t last = walk(block, defined, false);
      for (const uint32_t next : successors(decoded_, last))
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
      for (const int reg : decoded_.uses[at].reads)
        if (report && !defined[static_cast<size_t>(reg)]) refuse(at, reg);
      for (const int reg : decoded_.uses[at].writes) defined[static_cast<size_t>(reg)] = true;
      if (at + 1 == leader_.size() || leader_[at + 1] || successors(decoded_, at).empty()) return at;
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
    const ptx::Instruction& instruction = decoded_.function->instructions[decoded_.operations[at].instruction];
    invalid_ptx("instruction '" + instruction.text + "' reads register '" +
                    decoded_.function->registers[static_cast<size_t>(reg)].name + "', which nothing before it defines",
                instruction.line);
  }

  const DecodedFunction& decoded_;
  std::vector<bool> leader_;
  std::vector<Set> defined_at_;
};

}  // namespace

void require_defined_registers(const DecodedFunction& decoded) {
  if (decoded.function->registers.empty()) return;
  Flow(decoded).check();
}

}  // namespace decode_lab::interpreter
