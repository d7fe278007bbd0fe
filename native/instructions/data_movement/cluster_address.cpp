// mapa{.shared::cluster}.{u32,u64} d, a, b; getctarank{.shared::cluster}.{u32,u64} d, a   (PTX ISA 9.7.9.23, 9.7.9.24).
// A launch has clusters of one CTA, of rank 0: addresses map to themselves. Deviations: another rank b traps;
// getctarank does not look whether a lies in shared memory, where the ISA leaves d open.
#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "machine/cta.h"

namespace decode_lab::instructions {

namespace {

// slots: d, a, b.
template <class T>
void run_mapa(Warp& warp, const Operation& operation, LaneMask active) {
  auto* const d = warp.row<T>(operation.slots[0]);
  const auto* const a = warp.row<T>(operation.slots[1]);
  const auto* const b = warp.row<uint32_t>(operation.slots[2]);
  for (uint32_t lane = 0; lane < kLanes; lane++) {
    if ((active >> lane & 1) == 0) continue;
    if (b[lane] != 0) return warp.cta().trap(operation, "CTA rank " + std::to_string(b[lane]) + " of a cluster of 1");
    d[lane] = a[lane];
  }
}

struct Rank {
  uint32_t operator()() const { return 0; }
};

ptx::Type take_form(Decoding& decoding) {
  decoding.require_target(90);
  const bool is_generic = !decoding.take("shared::cluster");
  const ptx::Type type = decoding.take_type();
  if (type.type_class != ptx::TypeClass::unsigned_integer || type.bits < 32) decoding.invalid("takes .u32 or .u64");
  if (!is_generic) return type;
  if (type.bits != 64) decoding.refuse("of generic addresses of 32 bits");
  if (decoding.operand(1).kind != ptx::Operand::Kind::reg) decoding.invalid("needs a generic address in a register");
  return type;
}

// A shared variable, or a register.
machine::Slot shared_address(Decoding& decoding, ptx::Type type) {
  const ptx::Operand& a = decoding.operand(1);
  if (a.kind == ptx::Operand::Kind::variable && a.variable->space != ptx::StateSpace::shared)
    decoding.invalid("addresses '" + a.variable->name + "', which lies in ." + to_string(a.variable->space));
  return decoding.source(1, type);
}

}  // namespace

void decode_mapa(Decoding& decoding) {
  decoding.require_operands(3);
  const ptx::Type type = take_form(decoding);
  auto& operation = decoding.operation;
  operation.slots[1] = shared_address(decoding, type);
  operation.slots[2] = decoding.source(2, {ptx::TypeClass::unsigned_integer, 32});
  operation.slots[0] = decoding.destination(0, type);
  operation.run = type.bits == 32 ? &run_mapa<uint32_t> : &run_mapa<uint64_t>;
}

void decode_getctarank(Decoding& decoding) {
  decoding.require_operands(2);
  const ptx::Type type = take_form(decoding);
  shared_address(decoding, type);
  decoding.operation.slots[0] = decoding.destination(0, {ptx::TypeClass::unsigned_integer, 32});
  decoding.operation.run = &lanewise<Rank, uint32_t>;
}

}  // namespace decode_lab::instructions
