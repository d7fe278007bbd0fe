// Refuses a register that is read although no path to the reader defines it.
#pragma once
#include <map>
#include <vector>

#include "machine/program.h"

namespace decode_lab::interpreter {

struct RegisterUse {
  std::vector<int> reads, writes;  // indices into Function::registers
};

// A function of its own: targets and instructions are indices within it.
struct DecodedFunction {
  const ptx::Function* function;
  std::vector<machine::Operation> operations;
  std::vector<RegisterUse> uses;                             // one per operation
  std::map<uint32_t, std::vector<uint32_t>> branch_targets;  // of each brx.idx
};

// Throws PTX_INVALID.
void require_defined_registers(const DecodedFunction& decoded);

}  // namespace decode_lab::interpreter
