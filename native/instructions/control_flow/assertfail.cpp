// __assertfail, which CUDA's assert() calls with its message, file, line and function. The first instruction that fails
// ends the launch; its lanes are one finding.
#include <cstring>

#include "instructions/control_flow/built_in.h"
#include "instructions/control_flow/device_string.h"
#include "machine/cta.h"
#include "machine/warp.h"

namespace decode_lab::instructions {

void run_assertfail(machine::Warp& warp, const machine::Operation& operation, machine::LaneMask active) {
  const machine::CallSite& call = warp.cta().grid().program.calls[operation.argument];
  const uint32_t lane = machine::lowest_lane(active);
  auto text = [&](size_t argument) {
    uint64_t address = 0;
    std::memcpy(&address, warp.host(call.arguments[argument], lane), sizeof(address));
    return host_string(warp, address, lane).value_or("?");
  };
  uint32_t line = 0;
  std::memcpy(&line, warp.host(call.arguments[2], lane), sizeof(line));
  warp.cta().fail({warp.index(), active, operation.instruction,
                   "'" + text(0) + "' at " + text(1) + ":" + std::to_string(line) + " in '" + text(3) + "'"});
}

}  // namespace decode_lab::instructions
