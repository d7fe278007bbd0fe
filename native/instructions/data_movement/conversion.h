// The value conversions of cvt (PTX ISA 9.7.9.21): any scalar to any scalar, with rounding, saturation and flushing.
#pragma once
#include <cstdint>

#include "instructions/floating_point/number_format.h"
#include "ptx/types.h"

namespace decode_lab::instructions {

struct Conversion {
  ptx::Type to, from;
  Rounding rounding;
  bool to_integral;  // .rni, .rzi, .rmi, .rpi
  bool flush, saturate, relu, saturate_finite;
};

// Bits of the value in the low bits of a register, extended by the sign of a signed `to`.
uint64_t convert(uint64_t bits, const Conversion& conversion);

}  // namespace decode_lab::instructions
