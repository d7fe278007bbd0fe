// bar{.cta}.sync a{, b}; barrier{.cta}.sync{.aligned} a{, b}; bar.warp.sync membermask   (PTX ISA 9.7.13.1, 9.7.13.2).
// bar is barrier.aligned. Deviation: .arrive and .red are refused.
#include "instructions/decoders.h"

namespace decode_lab::instructions {

namespace {

using machine::Operation;
constexpr ptx::Type kU32{ptx::TypeClass::unsigned_integer, 32};

void decode_cta_barrier(Decoding& decoding, bool aligned) {
  decoding.take("cta");
  if (!decoding.take("sync")) decoding.refuse("");
  decoding.require_operands(1, 2);
  auto& operation = decoding.operation;
  operation.slots[0] = decoding.source(0, kU32);
  operation.slots[1] = decoding.instruction().operands.size() == 2 ? decoding.source(1, kU32) : machine::kNoSlot;
  operation.aligned = aligned;
  operation.kind = Operation::Kind::cta_barrier;
}

}  // namespace

void decode_bar(Decoding& decoding) {
  if (!decoding.take("warp")) return decode_cta_barrier(decoding, true);
  if (!decoding.take("sync")) decoding.refuse("");
  decoding.require_operands(1);
  decoding.operation.membermask = decoding.source(0, kU32);
  decoding.operation.kind = Operation::Kind::warp_barrier;
}

void decode_barrier(Decoding& decoding) { decode_cta_barrier(decoding, decoding.take("aligned")); }

}  // namespace decode_lab::instructions
