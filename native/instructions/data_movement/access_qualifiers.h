// What stands before the type of ld and st: semantics and scope, state space, cache operators and hints.
#pragma once
#include "instructions/decoding.h"

namespace decode_lab::instructions {

// Fills semantics, scope, space and non_coherent. Cache operators, priorities, prefetch sizes and policies change no
// result; they are checked and dropped.
void take_access_qualifiers(Decoding& decoding, machine::MemoryAccess& memory, bool has_policy);

}  // namespace decode_lab::instructions
