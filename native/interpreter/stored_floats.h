// Compilers store floats as .b32: which stores move values that floating-point instructions computed?
#pragma once
#include <vector>

#include "interpreter/defined_registers.h"
#include "machine/program.h"

namespace decode_lab::interpreter {

// Sets memory.holds_floats of every store whose elements are all single or double precision numbers. A register counts
// as one if a floating-point instruction or load defines it, or a mov, selp or shfl of one.
void mark_stored_floats(machine::Program& program, const std::vector<RegisterUse>& uses);

}  // namespace decode_lab::interpreter
