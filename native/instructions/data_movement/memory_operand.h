// What ld and st have in common: state space, cache operators, vector length, type and address (PTX
// ISA 9.7.9.8, 9.7.9.11).
#pragma once
#include <optional>

#include "instructions/decoding.h"

namespace decode_lab::instructions {

struct MemoryForm {
  ptx::Type type;
  std::vector<ptx::Operand> elements;  // the registers, one per vector element
};

// The state space of an access, .generic if none is written.
ptx::StateSpace take_space(Decoding& decoding);
// .cta or .cluster (of one CTA), .gpu or .sys; nothing if none is written.
std::optional<machine::Scope> take_scope(Decoding& decoding);
// Address and offset of an operand in brackets, in `memory.space`.
void bind_address(Decoding& decoding, const ptx::Operand& operand, machine::MemoryAccess& memory);
// .L2::64B, .L2::128B or .L2::256B, which change no result; "" if none is written.
std::string take_prefetch_size(Decoding& decoding);
// The 64-bit policy of .L2::cache_hint, which changes no result: the last operand. Returns how many operands are left.
size_t take_cache_policy(Decoding& decoding);

// Takes all modifiers that loads and stores share and fills operation.memory.
MemoryForm take_memory_form(Decoding& decoding, size_t address_operand, size_t data_operand);

}  // namespace decode_lab::instructions
