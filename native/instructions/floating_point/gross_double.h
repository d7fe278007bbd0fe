// rcp.approx.ftz.f64 d, a; rsqrt.approx.ftz.f64 d, a   (PTX ISA 9.7.3.14, 9.7.3.17): "fast, gross" approximations whose
// lower 32 bits are zero, of an operand whose lower 32 bits count as zero. Here the exact result with its lower half
// cut off; a GPU's upper half may differ in its last bits.
#pragma once
#include <bit>
#include <cmath>

#include "instructions/decoding.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"

namespace decode_lab::instructions {

template <class Compute>
struct GrossDouble {
  double operator()(double a) const {
    const double upper = std::bit_cast<double>(std::bit_cast<uint64_t>(a) & ~uint64_t{0xFFFFFFFF});
    const double flushed = std::fpclassify(upper) == FP_SUBNORMAL ? std::copysign(0.0, upper) : upper;
    const double exact = Compute{}(flushed);
    if (std::isnan(exact)) return std::bit_cast<double>(uint64_t{0x7FFFFFFF00000000});
    const double cut = std::bit_cast<double>(std::bit_cast<uint64_t>(exact) & ~uint64_t{0xFFFFFFFF});
    return std::fpclassify(cut) == FP_SUBNORMAL ? std::copysign(0.0, cut) : cut;
  }
};

inline bool is_gross_double(const Decoding& decoding) {
  return decoding.instruction().text.ends_with(".approx.ftz.f64");
}

template <class Compute>
void decode_gross_double(Decoding& decoding) {
  decoding.take("approx");
  decoding.take("ftz");
  bind_same_type(decoding, decoding.take_type(), 1);
  decoding.operation.run = &lanewise<GrossDouble<Compute>, double, double>;
}

}  // namespace decode_lab::instructions
