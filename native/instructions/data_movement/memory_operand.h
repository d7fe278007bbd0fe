// What ld and st have in common: state space, cache operators, vector length, type and address (PTX
// ISA 9.7.9.8, 9.7.9.11).
#pragma once
#include "instructions/decoding.h"

namespace decode_lab::instructions {

struct MemoryForm {
  ptx::Type type;
  std::vector<ptx::Operand> elements;  // the registers, one per vector element
};

// Takes all modifiers that loads and stores share and fills operation.memory. Cache operators, eviction hints and
// policies change no result and are accepted; .volatile, .relaxed, .acquire, .release and .mmio are left over, hence
// refused.
MemoryForm take_memory_form(Decoding& decoding, size_t address_operand, size_t data_operand);

}  // namespace decode_lab::instructions
