// Instructions that read or write the carry flag CC.CF (PTX ISA 9.7.2).
#pragma once
#include "instructions/decoding.h"

namespace decode_lab::instructions {

enum class CarryChain : uint8_t { add, sub, mad_lo, mad_hi };

struct CarryUse {
  bool reads, writes;
};

// The decoding has lost its .cc, .lo and .hi; types u32, s32, u64 and s64.
void decode_carry_chain(Decoding& decoding, CarryChain which, CarryUse use);

}  // namespace decode_lab::instructions
