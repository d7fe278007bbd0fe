#include "machine/special_registers.h"

#include <array>
#include <utility>

#include "machine/cta.h"
#include "machine/warp.h"

namespace decode_lab::machine {

namespace {

using enum SpecialRegister;

constexpr std::array<std::pair<std::string_view, SpecialRegister>, 22> kNames{{
    {"%tid.x", tid_x},
    {"%tid.y", tid_y},
    {"%tid.z", tid_z},
    {"%ntid.x", ntid_x},
    {"%ntid.y", ntid_y},
    {"%ntid.z", ntid_z},
    {"%ctaid.x", ctaid_x},
    {"%ctaid.y", ctaid_y},
    {"%ctaid.z", ctaid_z},
    {"%nctaid.x", nctaid_x},
    {"%nctaid.y", nctaid_y},
    {"%nctaid.z", nctaid_z},
    {"%laneid", laneid},
    {"%warpid", warpid},
    {"%nwarpid", nwarpid},
    {"%lanemask_eq", lanemask_eq},
    {"%lanemask_le", lanemask_le},
    {"%lanemask_lt", lanemask_lt},
    {"%lanemask_ge", lanemask_ge},
    {"%lanemask_gt", lanemask_gt},
    {"%dynamic_smem_size", dynamic_smem_size},
    {"%total_smem_size", total_smem_size},
}};

constexpr uint64_t kSharedUnit = 128;  // bytes, the allocation unit of sm_80 to sm_90 (PTX ISA 10.30)

uint32_t value(const Warp& warp, SpecialRegister which, uint32_t lane) {
  const Cta& cta = warp.cta();
  const Launch& launch = cta.grid().launch;
  const Dim3 tid = cta.thread_index(warp.index(), lane);
  switch (which) {
    case tid_x:
      return tid[0];
    case tid_y:
      return tid[1];
    case tid_z:
      return tid[2];
    case ntid_x:
      return launch.block[0];
    case ntid_y:
      return launch.block[1];
    case ntid_z:
      return launch.block[2];
    case ctaid_x:
      return cta.index()[0];
    case ctaid_y:
      return cta.index()[1];
    case ctaid_z:
      return cta.index()[2];
    case nctaid_x:
      return launch.grid[0];
    case nctaid_y:
      return launch.grid[1];
    case nctaid_z:
      return launch.grid[2];
    case laneid:
      return lane;
    case warpid:
      return warp.index();
    case nwarpid:
      return cta.warp_count();
    case lanemask_eq:
      return lane_bit(lane);
    case lanemask_lt:
      return lane_bit(lane) - 1;
    case lanemask_le:
      return lane_bit(lane) | (lane_bit(lane) - 1);
    case lanemask_gt:
      return ~(lane_bit(lane) | (lane_bit(lane) - 1));
    case lanemask_ge:
      return ~(lane_bit(lane) - 1);
    case dynamic_smem_size:
      return static_cast<uint32_t>(launch.shared_bytes);
    case total_smem_size:
      return static_cast<uint32_t>((cta.grid().program.static_shared_bytes + launch.shared_bytes + kSharedUnit - 1) /
                                   kSharedUnit * kSharedUnit);
  }
  return 0;
}

}  // namespace

std::optional<SpecialRegister> parse_special_register(std::string_view name) {
  for (const auto& [known, which] : kNames)
    if (known == name) return which;
  return std::nullopt;
}

void fill_special_register(Warp& warp, SpecialRegister which, Slot slot) {
  auto* row = warp.registers().row<uint32_t>(slot);
  for (uint32_t lane = 0; lane < kLanes; lane++) row[lane] = value(warp, which, lane);
}

}  // namespace decode_lab::machine
