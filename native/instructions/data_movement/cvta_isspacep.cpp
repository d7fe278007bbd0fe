// cvta{.to}.space.u64 p, a; isspacep.space p, a   (PTX ISA 9.7.9.20, 9.7.9.19). Global addresses are their own generic
// addresses; a cluster has one CTA, so .shared::cluster is .shared::cta. Deviation: addresses of 32 bits are refused.
#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"
#include "machine/address_space.h"

namespace decode_lab::instructions {

namespace {

using ptx::StateSpace;

StateSpace take_window(Decoding& decoding) {
  const std::string space = decoding.take_one_of(
      {"global", "shared", "shared::cta", "shared::cluster", "local", "const", "param", "param::entry"});
  if (space == "global") return StateSpace::global;
  if (space == "shared::cluster") decoding.require_target(90);
  if (space.starts_with("shared")) return StateSpace::shared;
  if (space == "local") return StateSpace::local;
  if (space == "const") return StateSpace::constant;
  if (space == "param" || space == "param::entry") return StateSpace::param;
  decoding.refuse("without a state space");
}

template <uint64_t kWindow>
struct ToGeneric {
  uint64_t operator()(uint64_t a) const { return a + kWindow; }
};
template <uint64_t kWindow>
struct FromGeneric {
  uint64_t operator()(uint64_t a) const { return a - kWindow; }
};

template <template <uint64_t> class Convert>
machine::Handler handler(StateSpace space) {
  switch (space) {
    case StateSpace::shared:
      return &lanewise<Convert<machine::kSharedWindow>, uint64_t, uint64_t>;
    case StateSpace::local:
      return &lanewise<Convert<machine::kLocalWindow>, uint64_t, uint64_t>;
    case StateSpace::constant:
      return &lanewise<Convert<machine::kConstantWindow>, uint64_t, uint64_t>;
    case StateSpace::param:
      return &lanewise<Convert<machine::kParameterWindow>, uint64_t, uint64_t>;
    default:
      return &lanewise<Convert<0>, uint64_t, uint64_t>;
  }
}

void run_isspacep(Warp& warp, const Operation& operation, LaneMask active) {
  const auto* const a = warp.row<uint64_t>(operation.slots[1]);
  LaneMask holds = 0;
  const auto asked = static_cast<StateSpace>(operation.argument);
  for (uint32_t lane = 0; lane < kLanes; lane++) {
    const StateSpace space = machine::space_of_generic(a[lane]);
    const bool in_global_window =
        asked == StateSpace::global && space == StateSpace::param;  // kernel parameters lie in it
    holds |= space == asked || in_global_window ? lane_bit(lane) : 0;
  }
  LaneMask& p = warp.registers().predicate(operation.slots[0]);
  p = (p & ~active) | (holds & active);
}

constexpr ptx::Type kU64{ptx::TypeClass::unsigned_integer, 64};

}  // namespace

void decode_cvta(Decoding& decoding) {
  const bool from_generic = decoding.take("to");
  const StateSpace space = take_window(decoding);
  if (decoding.take_type() != kU64) decoding.refuse("of a size other than .u64");
  decoding.require_operands(2);
  const ptx::Operand& a = decoding.operand(1);
  if (a.kind == ptx::Operand::Kind::variable && (from_generic || a.variable->space != space))
    decoding.invalid("converts the address of '" + a.variable->name + "', which lies in ." +
                     to_string(a.variable->space));
  bind_same_type(decoding, kU64, 1);
  decoding.operation.run = from_generic ? handler<FromGeneric>(space) : handler<ToGeneric>(space);
}

void decode_isspacep(Decoding& decoding) {
  decoding.operation.argument = static_cast<uint32_t>(take_window(decoding));
  decoding.require_operands(2);
  decoding.operation.slots[1] = decoding.source(1, kU64);
  decoding.operation.slots[0] = decoding.destination(0, ptx::kPredicate);
  decoding.operation.run = &run_isspacep;
}

}  // namespace decode_lab::instructions
