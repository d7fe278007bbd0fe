// nanosleep.u32 t; pmevent{.mask} a; setmaxnreg.{inc,dec}.sync.aligned.u32 count   (PTX ISA 9.7.19.2, 9.7.19.3,
// 9.7.19.5). They change no result: a sleep may last 0 ns, nobody counts events, registers are never short. setmaxnreg
// waits for its warp; that a whole warpgroup executes it is not judged.
#include "instructions/decoders.h"
#include "instructions/no_effect.h"

namespace decode_lab::instructions {

namespace {

constexpr ptx::Type kU32{ptx::TypeClass::unsigned_integer, 32};

}  // namespace

void decode_nanosleep(Decoding& decoding) {
  if (decoding.take_type() != kU32) decoding.invalid("takes .u32");
  decoding.require_operands(1);
  decoding.source(0, kU32);
  decoding.operation.run = &no_effect;
}

void decode_pmevent(Decoding& decoding) {
  const uint64_t most = decoding.take("mask") ? 0xFFFF : 15;
  decoding.require_operands(1);
  if (decoding.immediate(0) > most)
    decoding.invalid("takes 0 to " + std::to_string(most) + ", found " + std::to_string(decoding.immediate(0)));
  decoding.operation.run = &no_effect;
}

void decode_setmaxnreg(Decoding& decoding) {
  decoding.require_specific_target(90);
  if (decoding.take_one_of({"inc", "dec"}).empty()) decoding.refuse("without .inc or .dec");
  if (!decoding.take("sync") || !decoding.take("aligned")) decoding.invalid("needs .sync.aligned");
  if (decoding.take_type() != kU32) decoding.invalid("takes .u32");
  decoding.require_operands(1);
  const uint64_t count = decoding.immediate(0);
  if (count < 24 || count > 256 || count % 8 != 0)
    decoding.invalid("takes a multiple of 8 from 24 to 256, found " + std::to_string(count));
  decoding.operation.membermask = decoding.constant(32, machine::kAllLanes);
  decoding.operation.argument = static_cast<uint32_t>(count);
  decoding.operation.kind = machine::Operation::Kind::warp_convergent;
  decoding.operation.run = &no_effect;
}

}  // namespace decode_lab::instructions
