// Declares the decoder of every row of instructions.def; a row without its function does not link.
#pragma once
#include "instructions/decoding.h"

namespace decode_lab::instructions {

#define INSTRUCTION(mnemonic, types, name) void decode_##name(Decoding& decoding);
#include "instructions/instructions.def"
#undef INSTRUCTION

}  // namespace decode_lab::instructions
