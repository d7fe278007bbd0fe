// Which scalar conversions cvt has, with which modifiers and from which target on (PTX ISA 9.7.9.21).
#pragma once
#include "instructions/data_movement/conversion.h"
#include "instructions/decoding.h"

namespace decode_lab::instructions {

// Takes rounding, .ftz, .sat, .relu, .satfinite and both types; refuses what PTX does not have.
Conversion take_scalar_conversion(Decoding& decoding);

}  // namespace decode_lab::instructions
