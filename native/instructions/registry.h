// The one list of instructions, as a table from mnemonic and type to decoder.
#pragma once
#include "instructions/decoding.h"

namespace decode_lab::instructions {

// Fills `decoding.operation`. Throws PTX_UNSUPPORTED for what instructions.def does not list, PTX_INVALID for wrong
// operands.
void decode(Decoding& decoding);

}  // namespace decode_lab::instructions
