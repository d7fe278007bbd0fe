#include "instructions/matrix/whole_warp.h"

#include "machine/cta.h"

namespace decode_lab::instructions {

void bind_whole_warp(Decoding& decoding, machine::Handler run) {
  if (!decoding.take("sync")) decoding.refuse("without .sync");
  if (!decoding.take("aligned")) decoding.refuse("without .aligned");
  auto& operation = decoding.operation;
  operation.kind = Operation::Kind::warp_convergent;
  operation.membermask = decoding.constant(32, kAllLanes);
  operation.run = run;
}

void report_missing_lanes(Warp& warp, const Operation& operation, LaneMask active) {
  if (active == kAllLanes) return;
  const machine::BarrierMisuse misuse{
      machine::BarrierMisuse::Kind::divergent, &operation, &warp.cta(), warp.index(), active, ~active};
  for (machine::Observer* observer : warp.cta().observers()) observer->barrier_misuse(misuse);
}

}  // namespace decode_lab::instructions
