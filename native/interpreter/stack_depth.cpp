#include "interpreter/stack_depth.h"

#include <algorithm>

#include "machine/local_memory.h"

namespace decode_lab::interpreter {

namespace {

using machine::CallSite;
using machine::Operation;

// Callees of every procedure, by name.
std::vector<std::vector<uint32_t>> callees_of(const machine::Program& program) {
  std::vector<std::vector<uint32_t>> callees(program.procedures.size());
  size_t procedure = 0;
  for (uint32_t at = 0; at < program.operations.size(); at++) {
    while (procedure + 1 < callees.size() && at >= program.procedures[procedure + 1].first) procedure++;
    const Operation& operation = program.operations[at];
    if (operation.kind != Operation::Kind::call) continue;
    const uint32_t callee = program.calls[operation.argument].procedure;
    if (callee != CallSite::kIndirect) callees[procedure].push_back(callee);
  }
  return callees;
}

}  // namespace

// Relaxation from the entry; a chain without repetition has no more calls than there are procedures, and the limit on
// a thread's stack ends recursion.
uint64_t deepest_stack(const machine::Program& program) {
  const auto callees = callees_of(program);
  std::vector<uint64_t> begins(callees.size(), 0);
  std::vector<bool> reached(callees.size(), false);
  reached[0] = true;
  uint64_t deepest = program.entry().stack_bytes;
  for (size_t pass = 0, changed = 1; pass < std::min<size_t>(callees.size(), 64) && changed != 0; pass++) {
    changed = 0;
    for (size_t caller = 0; caller < callees.size(); caller++) {
      if (!reached[caller]) continue;
      const uint64_t end = begins[caller] + program.procedures[caller].stack_bytes;
      for (const uint32_t callee : callees[caller]) {
        const machine::Procedure& called = program.procedures[callee];
        const uint64_t begin = (end + called.stack_align - 1) / called.stack_align * called.stack_align;
        if (begin + called.stack_bytes > machine::kMostLocalBytes || (reached[callee] && begin <= begins[callee]))
          continue;
        reached[callee] = true;
        begins[callee] = begin;
        deepest = std::max(deepest, begin + called.stack_bytes);
        changed++;
      }
    }
  }
  return deepest;
}

}  // namespace decode_lab::interpreter
