// The sum that a tensor core forms at once: c + a0*b0 + a1*b1 + …, as found by MMA-Sim (Xie et al., arXiv 2511.10909,
// bit-identical to eight NVIDIA architectures on random operands):
//   products are exact, with the exponent ea + eb of unnormalised significands; a subnormal's exponent is the smallest
//   normal one, zeros and the sum itself count as -126 at least;
//   all terms, c too, are shifted to the largest exponent and truncated toward zero to `fraction_bits` bits;
//   the sum of these integers is exact, and is rounded once: toward zero to f32 (overflow gives infinity), to nearest
//   even to f16. A sum of zero is +0. NaN becomes 0x7FFFFFFF or 0x7FFF; infinities add as in IEEE 754.
// Inferred, not measured: the exponent of a zero whose partner is not zero; the sign of a nonzero sum that underflows
// to zero, which stays.
#pragma once
#include "instructions/matrix/columns.h"

namespace decode_lab::instructions {

struct SumFormat {
  enum class Result : uint8_t { single, single_13, half };  // single_13: 13 fraction bits
  int32_t fraction_bits;
  uint32_t products;  // of one sum
  Result result;
};

struct SumOperands {
  const float *a, *b;  // a: consecutive, b: rows of `stride` columns
  const int32_t *a_exponent, *b_exponent;
  uint32_t stride;
  bool finite;  // all factors are
};

// c[j] = the fused sum of c[j] and a[k] * b[k][j], for the columns j.
void fused_sums(const SumOperands& operands, const SumFormat& format, float* c);

}  // namespace decode_lab::instructions
