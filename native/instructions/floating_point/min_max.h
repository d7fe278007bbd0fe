// {.ftz}{.NaN}{.xorsign.abs} of min and max (PTX ISA 9.7.3.11, 9.7.3.12, 9.7.4.7, 9.7.4.8).
#pragma once
#include "instructions/decoding.h"

namespace decode_lab::instructions {

inline constexpr uint32_t kFlushInputs = 1, kPropagateNaN = 2, kXorSign = 4;

// Takes these modifiers and checks their targets; the type remains.
inline uint32_t take_min_max_form(Decoding& decoding) {
  uint32_t form = decoding.take("ftz") ? kFlushInputs : 0;
  if (decoding.take("NaN")) decoding.require_target(80), form |= kPropagateNaN;
  if (!decoding.take("xorsign")) return form;
  if (!decoding.take("abs")) decoding.invalid("has .xorsign without .abs");
  decoding.require_target(86);
  return form | kXorSign;
}

}  // namespace decode_lab::instructions
