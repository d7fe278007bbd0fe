// createpolicy.fractional.L2::primary{.L2::secondary}.b64 d{, fraction}   (PTX ISA 9.7.9.18). A policy steers caches
// and changes no result, so its value is 0. Deviations: .range and .cvt are refused.
#include "instructions/decoders.h"
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

namespace {

struct Zero {
  uint64_t operator()() const { return 0; }
};

}  // namespace

void decode_createpolicy(Decoding& decoding) {
  decoding.require_target(80);
  if (!decoding.take("fractional")) decoding.refuse("other than .fractional");
  for (const auto priority : {"L2::evict_last", "L2::evict_normal", "L2::evict_first", "L2::evict_unchanged"})
    while (decoding.take(priority)) continue;
  const ptx::Type type = decoding.take_type();
  if (type.bits != 64) decoding.invalid("takes .b64");
  decoding.require_operands(1, 2);
  if (decoding.instruction().operands.size() == 2) decoding.source(1, {ptx::TypeClass::floating, 32});
  decoding.operation.slots[0] = decoding.destination(0, type);
  decoding.operation.run = &lanewise<Zero, uint64_t>;
}

}  // namespace decode_lab::instructions
