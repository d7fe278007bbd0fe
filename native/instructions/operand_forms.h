// The common operand forms: destination and one, two or three sources of one type.
#pragma once
#include "instructions/decoding.h"

namespace decode_lab::instructions {

// slots[0] = destination, slots[1…] = sources, all of `type`.
inline void bind_same_type(Decoding& decoding, ptx::Type type, size_t sources) {
  decoding.require_operands(1 + sources);
  for (size_t i = 1; i <= sources; i++) decoding.operation.slots[i] = decoding.source(i, type);
  decoding.operation.slots[0] = decoding.destination(0, type);
}

}  // namespace decode_lab::instructions
