// How the threads of a launch talk to each other, as far as its instructions show.
#pragma once
#include <vector>

#include "interpreter/defined_registers.h"
#include "machine/program.h"

namespace decode_lab::interpreter {

// `uses` has one element per operation of the program. Sets program.ctas_communicate, .depends_on_order and
// .writes_relaxed, and memory.in_pattern of relaxed loads that an acquire may follow.
void note_communication(machine::Program& program, const std::vector<RegisterUse>& uses);

}  // namespace decode_lab::interpreter
