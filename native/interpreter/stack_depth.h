// How much local memory the deepest chain of calls takes.
#pragma once
#include "machine/program.h"

namespace decode_lab::interpreter {

// Bytes per thread. Recursion and calls through registers add nothing: the stack grows when they need it.
uint64_t deepest_stack(const machine::Program& program);

}  // namespace decode_lab::interpreter
