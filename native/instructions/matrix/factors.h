// Matrices as register rows hold them. Eight lines of 128 bits are one register: lane 4g + t holds the t-th 32 bits of
// line g, so a row of the register file is the matrix in memory order (PTX ISA 9.7.14.5.1-13; the figures of ldmatrix,
// 9.7.14.5.15, show the same). A's lines are rows, B's are columns; registers run through eight lines first for A,
// through k first for B. C and D hold columns 2t and 2t + 1 of row g in two registers, or as halves of one.
#pragma once
#include "instructions/matrix/half_bits.h"
#include "instructions/matrix/matrix_form.h"
#include "instructions/matrix/whole_warp.h"

namespace decode_lab::instructions {

inline constexpr uint32_t kMostSide = 32;  // m, n; k of floating-point types

// Floating-point factors with their exponents, a subnormal's being the smallest normal one. A is [row][k], B is
// [k][column].
struct Factors {
  static constexpr uint32_t kStride = 32;
  alignas(64) float value[kMostSide * kStride];
  alignas(64) int32_t exponent[kMostSide * kStride];
  bool finite = true;
};

void read_a(Warp& warp, const MatrixForm& form, const Slot* slots, Factors& a);
void read_b(Warp& warp, const MatrixForm& form, const Slot* slots, Factors& b);

// C or D by rows, halves widened.
struct Sums {
  alignas(64) float value[kMostSide][kMostSide];
};
void read_sums(Warp& warp, const MatrixForm& form, const Slot* slots, Sums& c);
void write_sums(Warp& warp, const MatrixForm& form, const Slot* slots, const Sums& d, LaneMask active);

}  // namespace decode_lab::instructions
