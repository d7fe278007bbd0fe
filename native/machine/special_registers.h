// Special registers (PTX ISA 10) whose value a CPU run can know.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "machine/register_file.h"

namespace decode_lab::machine {

class Warp;

enum class SpecialRegister : uint8_t {
  tid_x,
  tid_y,
  tid_z,
  ntid_x,
  ntid_y,
  ntid_z,
  ctaid_x,
  ctaid_y,
  ctaid_z,
  nctaid_x,
  nctaid_y,
  nctaid_z,
  laneid,
  warpid,
  nwarpid,
  lanemask_eq,
  lanemask_le,
  lanemask_lt,
  lanemask_ge,
  lanemask_gt,
  dynamic_smem_size,
  total_smem_size
};

// "%tid.x"; nothing for a register that this machine does not have.
std::optional<SpecialRegister> parse_special_register(std::string_view name);

// Writes the row of 32 values at `slot`.
void fill_special_register(Warp& warp, SpecialRegister which, Slot slot);

}  // namespace decode_lab::machine
