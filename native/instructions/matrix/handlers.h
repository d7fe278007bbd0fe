// D = A * B + C of a whole warp, by kind of element. The operation's argument is its MatrixForm.
#pragma once
#include "machine/operation.h"

namespace decode_lab::instructions {

void run_floating_mma(machine::Warp& warp, const machine::Operation& operation, machine::LaneMask active);
void run_quad_mma(machine::Warp& warp, const machine::Operation& operation, machine::LaneMask active);
void run_double_mma(machine::Warp& warp, const machine::Operation& operation, machine::LaneMask active);
void run_integer_mma(machine::Warp& warp, const machine::Operation& operation, machine::LaneMask active);
void run_bit_mma(machine::Warp& warp, const machine::Operation& operation, machine::LaneMask active);

}  // namespace decode_lab::instructions
