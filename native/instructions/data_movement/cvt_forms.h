// The families of cvt (PTX ISA 9.7.9.21, 9.7.9.22). Each decoder answers whether the instruction was one of its own.
#pragma once
#include "instructions/decoding.h"

namespace decode_lab::instructions {

bool decode_pack(Decoding& decoding);    // cvt.pack
bool decode_narrow(Decoding& decoding);  // to .tf32; to and from .e4m3x2, .e5m2x2
bool decode_packed(Decoding& decoding);  // two .f32 to .f16x2, .bf16x2

}  // namespace decode_lab::instructions
