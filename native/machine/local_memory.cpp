#include "machine/local_memory.h"

#include <algorithm>
#include <cstring>

namespace decode_lab::machine {

void LocalMemory::allocate(uint64_t bytes_per_thread) {
  stride_ = bytes_per_thread;
  bytes_.assign(size_t{kLanes} * stride_, std::byte{0xFF});
  buffer_.emplace("local", ptx::StateSpace::local, bytes_.data(), bytes_.size(), true);
}

void LocalMemory::grow(uint64_t bytes, Budget& budget) {
  const uint64_t before = stride_, after = std::min(std::max(bytes, 2 * before), kMostLocalBytes);
  budget.charge_host_bytes(kLanes * (after - before));
  const std::vector<std::byte> old = std::move(bytes_);
  allocate(after);
  for (uint32_t lane = 0; lane < kLanes && before != 0; lane++)
    std::memcpy(at(lane, 0), old.data() + lane * before, before);
}

void LocalMemory::forget(LaneMask lanes, uint64_t begin, uint64_t end) {
  if (begin == end) return;
  for_each_lane(lanes, [&](uint32_t lane) { std::memset(at(lane, begin), 0xFF, end - begin); });
}

}  // namespace decode_lab::machine
