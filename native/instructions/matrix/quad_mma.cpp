// mma.m8n8k4 of .f16: four products of 8 x 4 and 4 x 8 matrices, each of lanes 4q…4q + 3 and 16 + 4q…19 + 4q (PTX
// ISA 9.7.14.5.1). Volta and Turing form sums of four products (fused_sum.h). From sm_80 on ptxas (13.0) emulates the
// instruction, here as in its SASS for .row.col: a chain of f32 FMAs, then C; with .f16 D c + (p0 + p1) + (p2 + p3).
#include <cmath>

#include "instructions/floating_point/number_format.h"
#include "instructions/matrix/factors.h"
#include "instructions/matrix/fused_sum.h"
#include "instructions/matrix/handlers.h"

namespace decode_lab::instructions {

namespace {

constexpr uint32_t kSide = 8, kDepth = 4;

struct Product {
  float a[kSide * kDepth], b[kDepth * kSide], c[kSide][kSide];
  int32_t a_exponent[kSide * kDepth], b_exponent[kDepth * kSide];
  bool finite = true;
};

struct Lane {
  Lane(uint32_t quad, uint32_t index)
      : number(quad * 4 + index % 4 + index / 4 * 16), in_group(index % 4), upper(index / 4 * 4) {}
  uint32_t number, in_group, upper;  // upper: 4 in the high group
};

uint16_t half_of(Warp& warp, const Slot* slots, uint32_t lane, uint32_t i) {
  return static_cast<uint16_t>(warp.row<uint32_t>(slots[i / 2])[lane] >> (i % 2 * 16));
}

// Row and column of the i-th element of C or D.
struct Place {
  Place(const Lane& lane, uint32_t i, bool half)
      : row((half ? lane.in_group : (lane.number & 1) + (i & 2)) + lane.upper),
        column(half ? i : (i & 4) + (lane.number & 2) + (i & 1)) {}
  uint32_t row, column;
};

void read_product(Warp& warp, const MatrixForm& form, const MatrixSlots& slots, uint32_t quad, Product& product) {
  for (uint32_t index = 0; index < 8; index++) {
    const Lane lane(quad, index);
    for (uint32_t i = 0; i < 4; i++) {
      const uint16_t a = half_of(warp, slots.a, lane.number, i), b = half_of(warp, slots.b, lane.number, i);
      const uint32_t a_at =
          form.a_column != 0 ? (i + lane.upper) * kDepth + lane.in_group : (lane.in_group + lane.upper) * kDepth + i;
      const uint32_t b_at =
          form.b_row != 0 ? lane.in_group * kSide + i + lane.upper : i * kSide + lane.in_group + lane.upper;
      product.a[a_at] = half_to_float(a), product.a_exponent[a_at] = half_exponent(a);
      product.b[b_at] = half_to_float(b), product.b_exponent[b_at] = half_exponent(b);
      product.finite = product.finite && (a & 0x7C00) != 0x7C00 && (b & 0x7C00) != 0x7C00;
    }
    for (uint32_t i = 0; i < 8; i++) {
      const Place at(lane, i, form.half_c != 0);
      product.c[at.row][at.column] = form.half_c != 0 ? half_to_float(half_of(warp, slots.c, lane.number, i))
                                                      : warp.row<float>(slots.c[i])[lane.number];
    }
  }
}

void sum_at_once(const MatrixForm& form, Product& product) {
  const bool half = form.half_d != 0;
  const SumFormat format{form.arithmetic == MatrixArithmetic::volta ? 23 : 24, kDepth,
                         half ? SumFormat::Result::half : SumFormat::Result::single};
  for (uint32_t row = 0; row < kSide; row++) {
    const SumOperands operands{product.a + row * kDepth, product.b, product.a_exponent + row * kDepth,
                               product.b_exponent,       kSide,     product.finite};
    fused_sums(operands, format, product.c[row]);
  }
}

void emulate(const MatrixForm& form, Product& product) {
  for (uint32_t row = 0; row < kSide; row++) {
    for (uint32_t column = 0; column < kSide; column++) {
      const float* const a = product.a + row * kDepth;
      float b[kDepth];
      for (uint32_t k = 0; k < kDepth; k++) b[k] = product.b[k * kSide + column];
      float& c = product.c[row][column];
      if (form.half_d != 0)
        c = c + std::fma(a[1], b[1], a[0] * b[0]) + std::fma(a[3], b[3], a[2] * b[2]);
      else
        c += std::fma(a[3], b[3], std::fma(a[2], b[2], std::fma(a[1], b[1], std::fma(a[0], b[0], 0.0f))));
      c = canonical_nan(c);
    }
  }
}

void write_product(Warp& warp, const MatrixForm& form, const MatrixSlots& slots, uint32_t quad, const Product& product,
                   LaneMask active) {
  for (uint32_t index = 0; index < 8; index++) {
    const Lane lane(quad, index);
    if ((active >> lane.number & 1) == 0) continue;
    if (form.half_d == 0) {
      for (uint32_t i = 0; i < 8; i++) {
        const Place at(lane, i, false);
        warp.row<float>(slots.d[i])[lane.number] = product.c[at.row][at.column];
      }
      continue;
    }
    for (uint32_t i = 0; i < 8; i += 2) {
      const Place low(lane, i, true), high(lane, i + 1, true);
      warp.row<uint32_t>(slots.d[i / 2])[lane.number] = float_to_half(product.c[low.row][low.column]) |
                                                        uint32_t{float_to_half(product.c[high.row][high.column])} << 16;
    }
  }
}

}  // namespace

void run_quad_mma(Warp& warp, const Operation& operation, LaneMask active) {
  report_missing_lanes(warp, operation, active);
  const MatrixForm form = form_of(operation);
  const MatrixSlots slots(operation, form);
  const bool at_once = form.arithmetic == MatrixArithmetic::volta || form.arithmetic == MatrixArithmetic::turing;
  Product products[4];
  for (uint32_t quad = 0; quad < 4; quad++) read_product(warp, form, slots, quad, products[quad]);
  for (uint32_t quad = 0; quad < 4; quad++) {
    at_once ? sum_at_once(form, products[quad]) : emulate(form, products[quad]);
    write_product(warp, form, slots, quad, products[quad], active);
  }
}

}  // namespace decode_lab::instructions
