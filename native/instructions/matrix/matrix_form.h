// What an mma or wmma.mma computes: shape, element types, and the architecture whose arithmetic it follows. It travels
// in Operation::argument; whoever wants another arithmetic than the target's replaces it there.
#pragma once
#include <bit>
#include <cstdint>

#include "machine/operation.h"

namespace decode_lab::instructions {

enum class MatrixArithmetic : uint32_t { volta, turing, ampere, ada, hopper };

// `target`: 80 for sm_80.
constexpr MatrixArithmetic arithmetic_of_target(uint32_t target) {
  if (target >= 90) return MatrixArithmetic::hopper;
  if (target >= 89) return MatrixArithmetic::ada;
  if (target >= 80) return MatrixArithmetic::ampere;
  return target >= 75 ? MatrixArithmetic::turing : MatrixArithmetic::volta;
}

enum class Element : uint32_t { f16, bf16, tf32, e4m3, e5m2, f64, s8, u8, s4, u4, b1 };

constexpr uint32_t bits_of(Element element) {
  constexpr uint32_t kBits[] = {16, 16, 32, 8, 8, 64, 8, 8, 4, 4, 1};
  return kBits[static_cast<uint32_t>(element)];
}
constexpr bool is_fp8(Element element) { return element == Element::e4m3 || element == Element::e5m2; }
constexpr bool is_integer(Element element) { return element >= Element::s8; }

struct MatrixForm {
  MatrixArithmetic arithmetic : 3;
  Element a : 4;
  Element b : 4;
  uint32_t eighth_m : 3;
  uint32_t eighth_n : 3;
  uint32_t quarter_k : 7;
  uint32_t half_c : 1;  // C is .f16, not .f32
  uint32_t half_d : 1;
  uint32_t satfinite : 1;
  uint32_t conjunction : 1;  // .b1: .and, not .xor
  uint32_t rounding : 2;     // .f64: Rounding
  uint32_t a_column : 1;     // layouts, which matter to m8n8k4 of .f16
  uint32_t b_row : 1;

  uint32_t m() const { return eighth_m * 8; }
  uint32_t n() const { return eighth_n * 8; }
  uint32_t k() const { return quarter_k * 4; }
  bool is_quad() const { return a == Element::f16 && k() == 4; }  // m8n8k4: four products at once

  // Registers of one lane that hold A, B and C or D. Memory of a wmma fragment may hold copies behind them.
  uint32_t a_registers() const { return registers(m(), k(), bits_of(a)); }
  uint32_t b_registers() const { return registers(n(), k(), bits_of(b)); }
  uint32_t c_registers() const { return sums(half_c != 0); }
  uint32_t d_registers() const { return sums(half_d != 0); }

 private:
  uint32_t registers(uint32_t lines, uint32_t depth, uint32_t bits) const {
    if (is_quad()) return 2;
    return lines * depth / machine::kLanes / (bits < 32 ? 32 / bits : 1);
  }
  uint32_t sums(bool half) const { return m() * n() * (is_quad() ? 4 : 1) / machine::kLanes / (half ? 2 : 1); }
};
static_assert(sizeof(MatrixForm) == sizeof(machine::Operation::argument));

inline MatrixForm form_of(const machine::Operation& operation) { return std::bit_cast<MatrixForm>(operation.argument); }

// The rows of a matrix instruction's registers, in the order d, a, b, c.
struct MatrixSlots {
  MatrixSlots(const machine::Operation& operation, const MatrixForm& form)
      : d(operation.registers.data()),
        a(d + form.d_registers()),
        b(a + form.a_registers()),
        c(b + form.b_registers()) {}
  const machine::Slot *d, *a, *b, *c;
};

}  // namespace decode_lab::instructions
