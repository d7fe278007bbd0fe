#include "machine/special_registers.h"

#include <charconv>

#include "machine/cta.h"
#include "machine/warp.h"

namespace decode_lab::machine {

namespace {

using enum SpecialRegister;

struct Name {
  std::string_view text;
  SpecialRegister which;
  uint32_t bits;
};

constexpr Name kNames[] = {
    {"%tid.x", tid_x, 32},
    {"%tid.y", tid_y, 32},
    {"%tid.z", tid_z, 32},
    {"%tid.w", zero, 32},
    {"%ntid.x", ntid_x, 32},
    {"%ntid.y", ntid_y, 32},
    {"%ntid.z", ntid_z, 32},
    {"%ntid.w", one, 32},
    {"%ctaid.x", ctaid_x, 32},
    {"%ctaid.y", ctaid_y, 32},
    {"%ctaid.z", ctaid_z, 32},
    {"%ctaid.w", zero, 32},
    {"%nctaid.x", nctaid_x, 32},
    {"%nctaid.y", nctaid_y, 32},
    {"%nctaid.z", nctaid_z, 32},
    {"%nctaid.w", one, 32},
    {"%laneid", laneid, 32},
    {"%warpid", warpid, 32},
    {"%nwarpid", nwarpid, 32},
    {"%lanemask_eq", lanemask_eq, 32},
    {"%lanemask_le", lanemask_le, 32},
    {"%lanemask_lt", lanemask_lt, 32},
    {"%lanemask_ge", lanemask_ge, 32},
    {"%lanemask_gt", lanemask_gt, 32},
    {"%dynamic_smem_size", dynamic_smem_size, 32},
    {"%total_smem_size", total_smem_size, 32},
    {"%aggr_smem_size", aggregate_smem_size, 32},
    {"%reserved_smem_offset_begin", reserved_smem_begin, 32},
    {"%reserved_smem_offset_end", reserved_smem_end, 32},
    {"%reserved_smem_offset_cap", reserved_smem_size, 32},
    {"%reserved_smem_offset_0", reserved_smem_begin, 32},
    {"%reserved_smem_offset_1", reserved_smem_cooperative, 32},
    {"%smid", zero, 32},
    {"%nsmid", one, 32},
    {"%gridid", zero, 64},
    {"%current_graph_exec", zero, 64},
    {"%is_explicit_cluster", explicit_cluster, 1},
    {"%clusterid.x", ctaid_x, 32},
    {"%clusterid.y", ctaid_y, 32},
    {"%clusterid.z", ctaid_z, 32},
    {"%clusterid.w", zero, 32},
    {"%nclusterid.x", nctaid_x, 32},
    {"%nclusterid.y", nctaid_y, 32},
    {"%nclusterid.z", nctaid_z, 32},
    {"%nclusterid.w", one, 32},
    {"%cluster_ctaid.x", zero, 32},
    {"%cluster_ctaid.y", zero, 32},
    {"%cluster_ctaid.z", zero, 32},
    {"%cluster_ctaid.w", zero, 32},
    {"%cluster_nctaid.x", one, 32},
    {"%cluster_nctaid.y", one, 32},
    {"%cluster_nctaid.z", one, 32},
    {"%cluster_nctaid.w", one, 32},
    {"%cluster_ctarank", zero, 32},
    {"%envreg1", workspace_high, 32},
    {"%envreg2", workspace_low, 32},
    {"%cluster_nctarank", one, 32},
    {"%clock", clock_low, 32},
    {"%clock_hi", clock_high, 32},
    {"%clock64", clock_64, 64},
    {"%globaltimer_lo", clock_low, 32},
    {"%globaltimer_hi", clock_high, 32},
    {"%globaltimer", clock_64, 64},
};

// %envreg0 to %envreg31 hold what the driver put there: the address of a cooperative launch's workspace in 1 and 2,
// else nothing.
bool is_environment_register(std::string_view name) {
  constexpr std::string_view kPrefix = "%envreg";
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  uint32_t index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  return error == std::errc() && end == name.data() + name.size() && index < 32;
}

// The launch's shared memory in whole units; the system's region lies behind it.
uint64_t user_shared(const Cta& cta) {
  const uint64_t bytes = cta.grid().program.static_shared_bytes + cta.grid().launch.shared_bytes;
  return (bytes + kSharedUnit - 1) / kSharedUnit * kSharedUnit;
}

uint64_t value(const Warp& warp, SpecialRegister which, uint32_t lane) {
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
      return user_shared(cta);
    case aggregate_smem_size:
      return user_shared(cta) + kReservedSharedBytes;
    case reserved_smem_begin:
      return user_shared(cta);
    case reserved_smem_end:
      return user_shared(cta) + kReservedSharedBytes;
    case reserved_smem_size:
      return kReservedSharedBytes;
    case reserved_smem_cooperative:
      return user_shared(cta) + kReservedSharedBytes / 2;
    case workspace_low:
      return static_cast<uint32_t>(cta.grid().workspace);
    case workspace_high:
      return cta.grid().workspace >> 32;
    case zero:
      return 0;
    case one:
      return 1;
    case explicit_cluster:
      return cta.grid().program.explicit_cluster ? 1 : 0;
    case clock_low:
    case clock_64:
      return warp.clock();
    case clock_high:
      return warp.clock() >> 32;
  }
  return 0;
}

template <class T>
void fill(const Warp& warp, SpecialRegister which, std::byte* row) {
  for (uint32_t lane = 0; lane < kLanes; lane++)
    reinterpret_cast<T*>(row)[lane] = static_cast<T>(value(warp, which, lane));
}

}  // namespace

std::optional<SpecialRegisterName> parse_special_register(std::string_view name) {
  for (const auto& [known, which, bits] : kNames)
    if (known == name) return SpecialRegisterName{which, bits};
  if (is_environment_register(name)) return SpecialRegisterName{zero, 32};
  return std::nullopt;
}

void fill_special_register(Warp& warp, SpecialRegister which, uint32_t bits, std::byte* row) {
  if (bits == 1) *reinterpret_cast<LaneMask*>(row) = value(warp, which, 0) != 0 ? kAllLanes : 0;
  if (bits == 16) fill<uint16_t>(warp, which, row);
  if (bits == 32) fill<uint32_t>(warp, which, row);
  if (bits == 64) fill<uint64_t>(warp, which, row);
}

}  // namespace decode_lab::machine
