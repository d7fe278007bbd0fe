// Compilers store floats as .b32: what numbers do stores move, by the instructions that computed them?
#pragma once
#include <vector>

#include "interpreter/defined_registers.h"
#include "machine/program.h"

namespace decode_lab::interpreter {

// Sets memory.numbers and memory.reduced of every store; `uses`: of every operation.
void mark_stored_numbers(machine::Program& program, const std::vector<RegisterUse>& uses);

}  // namespace decode_lab::interpreter
