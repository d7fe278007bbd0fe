// Special registers (PTX ISA 10). What a CPU run can not know is the plainest thing that fits: one SM, clusters of one
// CTA, a counter of the warp's own instructions for every clock.
#pragma once
#include <cstddef>
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
  total_smem_size,
  aggregate_smem_size,
  reserved_smem_begin,
  reserved_smem_end,
  reserved_smem_size,
  reserved_smem_cooperative,
  workspace_low,
  workspace_high,
  zero,
  one,
  explicit_cluster,
  clock_low,
  clock_high,
  clock_64
};

struct SpecialRegisterName {
  SpecialRegister which;
  uint32_t bits;  // declared; 1 = predicate
};

// "%tid.x"; nothing for a register that this machine does not have.
std::optional<SpecialRegisterName> parse_special_register(std::string_view name);

// Does it change while a CTA runs? Such a one is read by `mov` alone.
inline bool is_clock(SpecialRegister which) { return which >= SpecialRegister::clock_low; }

// Writes the row of 32 values of `bits` bits at `row`.
void fill_special_register(Warp& warp, SpecialRegister which, uint32_t bits, std::byte* row);

}  // namespace decode_lab::machine
