// Functions that a module declares and the driver provides.
#pragma once
#include "instructions/decoding.h"

namespace decode_lab::instructions {

// Fills the operation of a call of `callee`, whose arguments are bound; false if there is no such function here.
bool decode_built_in(Decoding& decoding, const ptx::Function& callee);

// Handlers; the operation's argument is the call's index.
void run_vprintf(machine::Warp& warp, const machine::Operation& operation, machine::LaneMask active);
void run_assertfail(machine::Warp& warp, const machine::Operation& operation, machine::LaneMask active);

}  // namespace decode_lab::instructions
