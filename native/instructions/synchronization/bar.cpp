// bar{.cta}.sync a{, b}; bar{.cta}.arrive a, b; bar{.cta}.red.popc.u32 d, a{, b}, {!}c; bar{.cta}.red.{and,or}.pred p,
// a{, b}, {!}c; barrier{.cta}.… with an optional .aligned, which bar implies; bar.warp.sync membermask;
// barrier.cluster.arrive{.release,.relaxed}{.aligned}; barrier.cluster.wait{.acquire}{.aligned}   (PTX ISA 9.7.13.1,
// 9.7.13.2, 9.7.13.3). .arrive is a source of order, no target. A cluster has one CTA. Deviations: none.
#include "instructions/decoders.h"
#include "machine/cta_barriers.h"

namespace decode_lab::instructions {

namespace {

using machine::BarrierForm;
using machine::Operation;
constexpr ptx::Type kU32{ptx::TypeClass::unsigned_integer, 32};

BarrierForm take_form(Decoding& decoding) {
  if (decoding.take("sync")) return BarrierForm::sync;
  if (decoding.take("arrive")) return BarrierForm::arrive;
  if (!decoding.take("red")) decoding.refuse("without .sync, .arrive or .red");
  const std::string reduction = decoding.take_one_of({"popc", "and", "or"});
  if (reduction.empty()) decoding.invalid("takes .popc, .and or .or");
  const ptx::Type type = decoding.take_type();
  if (type != (reduction == "popc" ? kU32 : ptx::kPredicate))
    decoding.invalid(reduction == "popc" ? "takes .u32" : "takes .pred");
  if (reduction == "popc") return BarrierForm::red_popc;
  return reduction == "and" ? BarrierForm::red_and : BarrierForm::red_or;
}

// Immediate operands are held against their ranges here, registers when the barrier runs.
void require_range(Decoding& decoding, size_t id, bool counted, bool may_be_zero) {
  const auto bits = [&](size_t index) { return decoding.operand(index).bits; };
  const auto is_immediate = [&](size_t index) { return decoding.operand(index).kind == ptx::Operand::Kind::immediate; };
  if (is_immediate(id) && bits(id) >= machine::kCtaBarriers)
    decoding.invalid("takes a barrier from 0 to 15, found " + std::to_string(bits(id)));
  if (!counted || !is_immediate(id + 1)) return;
  if (bits(id + 1) % machine::kLanes != 0 || (bits(id + 1) == 0 && !may_be_zero))
    decoding.invalid("takes a multiple of 32 as its thread count, found " + std::to_string(bits(id + 1)));
}

void decode_cta_barrier(Decoding& decoding, bool aligned) {
  decoding.take("cta");
  const BarrierForm form = take_form(decoding);
  const bool reduces = is_reduction(form);
  const size_t given = decoding.instruction().operands.size(), at = reduces ? 1 : 0;  // a is operand `at`
  if (form == BarrierForm::arrive) decoding.require_operands(2);
  decoding.require_operands(reduces ? 3 : 1, reduces ? 4 : 2);
  const bool counted = given == (reduces ? 4u : 2u);
  require_range(decoding, at, counted, form != BarrierForm::arrive);
  auto& operation = decoding.operation;
  operation.slots[0] = decoding.source(at, kU32);
  operation.slots[1] = counted ? decoding.source(at + 1, kU32) : machine::kNoSlot;
  if (reduces) {
    if (decoding.operand(0).kind == ptx::Operand::Kind::sink) decoding.invalid("needs a destination");
    operation.slots[3] = decoding.predicate(given - 1, operation.source_negated);
    operation.slots[2] = decoding.destination(0, form == BarrierForm::red_popc ? kU32 : ptx::kPredicate);
  }
  operation.aligned = aligned;
  operation.argument = static_cast<uint32_t>(form);
  operation.kind = Operation::Kind::cta_barrier;
}

void decode_cluster_barrier(Decoding& decoding) {
  decoding.require_target(90);
  auto& operation = decoding.operation;
  BarrierForm form = BarrierForm::cluster_wait;
  if (decoding.take("arrive")) {
    form = decoding.take("relaxed") ? BarrierForm::cluster_arrive_relaxed : BarrierForm::cluster_arrive;
    if (form == BarrierForm::cluster_arrive) decoding.take("release");
  } else if (decoding.take("wait")) {
    decoding.take("acquire");
  } else {
    decoding.refuse("without .arrive or .wait");
  }
  decoding.require_operands(0);
  operation.slots[0] = operation.slots[1] = machine::kNoSlot;
  operation.aligned = decoding.take("aligned");
  operation.argument = static_cast<uint32_t>(form);
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

void decode_barrier(Decoding& decoding) {
  if (decoding.take("cluster")) return decode_cluster_barrier(decoding);
  decode_cta_barrier(decoding, decoding.take("aligned"));
}

}  // namespace decode_lab::instructions
