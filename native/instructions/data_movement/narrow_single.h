// cvt.{rn,rz}{.relu}{.satfinite} from .f32 to .f16 and .bf16, alone and in pairs (PTX ISA 9.7.9.21). -0 under .relu
// becomes +0.
#pragma once
#include "instructions/data_movement/conversion.h"
#include "instructions/half_precision/half_number.h"
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

template <class Format, bool kToZero, bool kRelu, bool kFinite>
struct NarrowSingle {
  uint16_t operator()(float a) const {
    uint16_t bits = kToZero ? Format::cut_float(a) : Format::from_float(a);
    if constexpr (kFinite) bits = (bits & 0x7FFF) == Format::kInfinity ? static_cast<uint16_t>(bits - 1) : bits;
    if constexpr (kRelu) bits = (bits & 0x8000) != 0 ? uint16_t{0} : bits;
    return bits;
  }
  // a to the upper half, b to the lower.
  uint32_t operator()(float a, float b) const { return uint32_t{(*this)(a)} << 16 | (*this)(b); }
};

template <class Format, bool kToZero, bool kRelu, bool kFinite>
machine::Handler narrow_single_handler(bool pair) {
  using Compute = NarrowSingle<Format, kToZero, kRelu, kFinite>;
  return pair ? &lanewise<Compute, uint32_t, float, float> : &lanewise<Compute, uint16_t, float>;
}

template <class Format, bool kToZero>
machine::Handler narrow_single_handler(const Conversion& c, bool pair) {
  if (c.relu)
    return c.saturate_finite ? narrow_single_handler<Format, kToZero, true, true>(pair)
                             : narrow_single_handler<Format, kToZero, true, false>(pair);
  return c.saturate_finite ? narrow_single_handler<Format, kToZero, false, true>(pair)
                           : narrow_single_handler<Format, kToZero, false, false>(pair);
}

// For .rn and .rz without .ftz and .sat.
inline machine::Handler narrow_single_handler(const Conversion& c, bool pair) {
  const bool to_zero = c.rounding == Rounding::toward_zero;
  if (c.to.type_class == ptx::TypeClass::bfloat)
    return to_zero ? narrow_single_handler<Bf16Bits, true>(c, pair) : narrow_single_handler<Bf16Bits, false>(c, pair);
  return to_zero ? narrow_single_handler<F16Bits, true>(c, pair) : narrow_single_handler<F16Bits, false>(c, pair);
}

}  // namespace decode_lab::instructions
