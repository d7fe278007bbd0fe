// mma and wmma.mma of .f16, .bf16, .tf32, .e4m3 and .e5m2. The ISA leaves order and rounding of the accumulation open;
// here they are those of the target's tensor cores (fused_sum.h), as far as they are known:
//   measured by MMA-Sim: fraction bits and products per sum of f16, bf16 and tf32 on sm_70 to sm_90, of fp8 on sm_89;
//   read from the SASS that ptxas 13.0 makes: wmma's steps, fp8 on sm_90 (f16 instructions that start from zero, then
//   an addition of C), wmma with .f32 C and .f16 D (rounded at the end);
//   inferred: sm_86 and sm_87 are like sm_80, sm_72 like sm_70; wmma on sm_70 is four m8n8k4 in order of k.
#include <algorithm>

#include "instructions/floating_point/number_format.h"
#include "instructions/matrix/factors.h"
#include "instructions/matrix/fused_sum.h"
#include "instructions/matrix/handlers.h"

namespace decode_lab::instructions {

namespace {

using Result = SumFormat::Result;

bool adds_c_last(const MatrixForm& form) { return is_fp8(form.a) && form.arithmetic == MatrixArithmetic::hopper; }

uint32_t products_per_sum(const MatrixForm& form) {
  if (is_fp8(form.a)) return adds_c_last(form) ? form.k() / 2 : 16;
  if (form.a == Element::tf32) {
    const bool whole = form.arithmetic == MatrixArithmetic::hopper && form.n() == 8;  // wmma is made of m16n8k4
    return whole ? form.k() : 4;
  }
  switch (form.arithmetic) {
    case MatrixArithmetic::volta:
      return 4;
    case MatrixArithmetic::hopper:
      return form.k();
    default:
      return std::min(form.k(), 8u);
  }
}

SumFormat sum_format(const MatrixForm& form) {
  const bool half = form.half_d != 0 && form.half_c != 0;
  SumFormat format{24, products_per_sum(form), half ? Result::half : Result::single};
  if (form.arithmetic == MatrixArithmetic::volta) format.fraction_bits = 23;
  if (form.arithmetic == MatrixArithmetic::hopper) format.fraction_bits = 25;
  if (form.arithmetic == MatrixArithmetic::ada && is_fp8(form.a)) {
    format.fraction_bits = 13;
    if (!half) format.result = Result::single_13;
  }
  return format;
}

void accumulate(const MatrixForm& form, const Factors& a, const Factors& b, Sums& c) {
  const SumFormat format = sum_format(form);
  for (uint32_t row = 0; row < form.m(); row++) {
    for (uint32_t left = 0; left < form.n(); left += kColumns) {
      for (uint32_t k = 0; k < form.k(); k += format.products) {
        const uint32_t a_at = row * Factors::kStride + k, b_at = k * Factors::kStride + left;
        const SumOperands operands{a.value + a_at,    b.value + b_at,   a.exponent + a_at,
                                   b.exponent + b_at, Factors::kStride, a.finite && b.finite};
        fused_sums(operands, format, &c.value[row][left]);
      }
    }
  }
}

// FADD and HADD2.
void add(const MatrixForm& form, const Sums& c, Sums& d) {
  for (uint32_t row = 0; row < form.m(); row++) {
    for (uint32_t column = 0; column < form.n(); column++) {
      const float sum = canonical_nan(c.value[row][column] + d.value[row][column]);
      d.value[row][column] = form.half_d != 0 ? half_to_float(float_to_half(sum)) : sum;
    }
  }
}

}  // namespace

void run_floating_mma(Warp& warp, const Operation& operation, LaneMask active) {
  report_missing_lanes(warp, operation, active);
  const MatrixForm form = form_of(operation);
  const MatrixSlots slots(operation, form);
  Factors a, b;
  Sums c, d;
  read_a(warp, form, slots.a, a);
  read_b(warp, form, slots.b, b);
  read_sums(warp, form, slots.c, c);
  if (adds_c_last(form)) {
    for (uint32_t row = 0; row < form.m(); row++) std::fill_n(d.value[row], form.n(), 0.0f);
    accumulate(form, a, b, d);
    add(form, c, d);
  } else {
    d = c;
    accumulate(form, a, b, d);
  }
  write_sums(warp, form, slots.d, d, active);
}

}  // namespace decode_lab::instructions
