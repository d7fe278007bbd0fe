// Compilers store floats as .b32: what numbers do stores move, by the instructions that computed them?
#pragma once
#include <vector>

#include "interpreter/defined_registers.h"
#include "machine/program.h"

namespace decode_lab::interpreter {

// Sets memory.numbers and memory.reduced of every store.
void mark_stored_numbers(DecodedFunction& decoded);

}  // namespace decode_lab::interpreter
