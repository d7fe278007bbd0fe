// Refuses a register that is read although no path to the reader defines it.
#pragma once
#include <vector>

#include "machine/program.h"

namespace decode_lab::interpreter {

struct RegisterUse {
  std::vector<int> reads, writes;  // indices into Function::registers
};

// `uses` has one element per operation. Throws PTX_INVALID.
void require_defined_registers(const machine::Program& program, const std::vector<RegisterUse>& uses);

}  // namespace decode_lab::interpreter
