// prefetch{.global,.local}.{L1,L2} [a]; prefetch.global.L2::{evict_last,evict_normal} [a];
// prefetchu.L1 [a]; applypriority{.global}.L2::evict_normal [a], 128   (PTX ISA 9.7.9.15, 9.7.9.16). Caches change no
// result: the address is not judged. Deviations: .tensormap is refused; so is discard (9.7.9.17), whose bytes differ
// from read to read.
#include "instructions/decoders.h"
#include "instructions/no_effect.h"

namespace decode_lab::instructions {

namespace {

using ptx::StateSpace;

void bind_unread_address(Decoding& decoding, StateSpace space) {
  const ptx::Operand& operand = decoding.operand(0);
  if (operand.kind != ptx::Operand::Kind::address) decoding.invalid("needs an address in brackets");
  if (operand.variable != nullptr && space != StateSpace::generic && operand.variable->space != space)
    decoding.invalid("addresses '" + operand.variable->name + "', which lies in ." +
                     to_string(operand.variable->space));
  decoding.operation.run = &no_effect;
  if (operand.reg < 0) return;
  ptx::Operand base{};
  base.kind = ptx::Operand::Kind::reg;
  base.reg = operand.reg;
  const ptx::Type type = decoding.register_type(base);
  if (type.bits != 32 && type.bits != 64)
    decoding.invalid("has an address register of " + std::to_string(type.bits) + " bits");
  decoding.source(base, type);
}

StateSpace take_space(Decoding& decoding) {
  const std::string space = decoding.take_one_of({"global", "local"});
  return space == "global" ? StateSpace::global : space == "local" ? StateSpace::local : StateSpace::generic;
}

}  // namespace

void decode_prefetch(Decoding& decoding) {
  if (decoding.take("tensormap")) decoding.refuse("");
  const StateSpace space = take_space(decoding);
  if (decoding.take_one_of({"L1", "L2", "L2::evict_last", "L2::evict_normal"}).empty())
    decoding.invalid("needs a level");
  const bool has_priority = decoding.instruction().text.find("::") != std::string::npos;
  if (has_priority) decoding.require_target(80);
  if (has_priority && space != StateSpace::global) decoding.invalid("takes an eviction priority for .global only");
  decoding.require_operands(1);
  bind_unread_address(decoding, space);
}

void decode_prefetchu(Decoding& decoding) {
  if (!decoding.take("L1")) decoding.invalid("needs .L1");
  decoding.require_operands(1);
  bind_unread_address(decoding, StateSpace::generic);
}

void decode_applypriority(Decoding& decoding) {
  decoding.require_target(80);
  const StateSpace space = decoding.take("global") ? StateSpace::global : StateSpace::generic;
  if (!decoding.take("L2::evict_normal")) decoding.invalid("needs .L2::evict_normal");
  decoding.require_operands(2);
  if (decoding.immediate(1) != 128) decoding.invalid("takes 128 bytes, found " + std::to_string(decoding.immediate(1)));
  bind_unread_address(decoding, space);
}

}  // namespace decode_lab::instructions
