// mma and wmma.mma of .f64: for each element a chain of fused multiply-adds that starts from C and takes the products
// in order of k (PTX ISA 9.7.14.5.14: "identical to that of .f64 precision fused multiply-add"; the order is
// MMA-Sim's). NaN becomes 0x7FFFFFFFFFFFFFFF, whose bits the ISA leaves open.
#include <cmath>

#include "instructions/floating_point/rounded.h"
#include "instructions/matrix/factors.h"
#include "instructions/matrix/handlers.h"

namespace decode_lab::instructions {

namespace {

constexpr uint32_t kMostRows = 16, kWidth = 8, kMostDoubleDepth = 16;

struct Doubles {
  double a[kMostRows][kMostDoubleDepth], b[kMostDoubleDepth][kWidth], c[kMostRows][kWidth];
};

// A row of the register file holds eight lines of four elements.
void read_doubles(Warp& warp, const MatrixForm& form, const MatrixSlots& slots, Doubles& doubles) {
  for (uint32_t r = 0; r < form.a_registers(); r++) {
    const auto row = read_row<double>(warp, slots.a[r]);
    for (uint32_t lane = 0; lane < kLanes; lane++)
      doubles.a[r % form.eighth_m * 8 + lane / 4][r / form.eighth_m * 4 + lane % 4] = row.lane[lane];
  }
  for (uint32_t r = 0; r < form.b_registers(); r++) {
    const auto row = read_row<double>(warp, slots.b[r]);
    for (uint32_t lane = 0; lane < kLanes; lane++) doubles.b[r * 4 + lane % 4][lane / 4] = row.lane[lane];
  }
  for (uint32_t r = 0; r < form.c_registers(); r++) {
    const auto row = read_row<double>(warp, slots.c[r]);
    for (uint32_t lane = 0; lane < kLanes; lane++)
      doubles.c[r / 2 * 8 + lane / 4][lane % 4 * 2 + r % 2] = row.lane[lane];
  }
}

void multiply(const MatrixForm& form, Doubles& doubles) {
  for (uint32_t row = 0; row < form.m(); row++)
    for (uint32_t k = 0; k < form.k(); k++)
      for (uint32_t column = 0; column < kWidth; column++)
        doubles.c[row][column] = std::fma(doubles.a[row][k], doubles.b[k][column], doubles.c[row][column]);
}

// The volatile operand keeps the compiler from moving the computation out of the mode.
void multiply_directed(const MatrixForm& form, Doubles& doubles) {
  const detail::RoundingMode mode(static_cast<Rounding>(form.rounding));
  for (uint32_t row = 0; row < form.m(); row++)
    for (uint32_t column = 0; column < kWidth; column++) {
      volatile double sum = doubles.c[row][column];
      for (uint32_t k = 0; k < form.k(); k++) sum = std::fma(doubles.a[row][k], doubles.b[k][column], sum);
      doubles.c[row][column] = sum;
    }
}

}  // namespace

void run_double_mma(Warp& warp, const Operation& operation, LaneMask active) {
  report_missing_lanes(warp, operation, active);
  const MatrixForm form = form_of(operation);
  const MatrixSlots slots(operation, form);
  Doubles doubles;
  read_doubles(warp, form, slots, doubles);
  if (static_cast<Rounding>(form.rounding) == Rounding::nearest_even)
    multiply(form, doubles);
  else
    multiply_directed(form, doubles);
  for (uint32_t r = 0; r < form.d_registers(); r++) {
    Row<double> row;
    for (uint32_t lane = 0; lane < kLanes; lane++) {
      const double d = doubles.c[r / 2 * 8 + lane / 4][lane % 4 * 2 + r % 2];
      row.lane[lane] = d != d ? std::bit_cast<double>(0x7FFFFFFFFFFFFFFF) : d;
    }
    write_row(warp, slots.d[r], row, active);
  }
}

}  // namespace decode_lab::instructions
