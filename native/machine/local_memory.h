// The local memory of a warp's threads: one stack each, all of the same size, which grows with recursion.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "machine/buffer.h"
#include "machine/grid.h"
#include "machine/lane_mask.h"

namespace decode_lab::machine {

inline constexpr uint64_t kMostLocalBytes = 512 << 10;  // per thread (CUDA Programming Guide, compute capabilities)

class LocalMemory {
 public:
  explicit LocalMemory(uint64_t bytes_per_thread) { allocate(bytes_per_thread); }

  Buffer& buffer() { return *buffer_; }
  uint64_t bytes_per_thread() const { return stride_; }  // thread `lane` starts at byte lane * bytes_per_thread()
  std::byte* at(uint32_t lane, uint64_t offset) { return bytes_.data() + lane * stride_ + offset; }

  // Makes room for at least `bytes` per thread and keeps what is there. Charges the budget.
  void grow(uint64_t bytes, Budget& budget);
  // Bytes begin to end of these lanes hold all ones, as nothing has been written to them.
  void forget(LaneMask lanes, uint64_t begin, uint64_t end);

 private:
  void allocate(uint64_t bytes_per_thread);

  uint64_t stride_ = 0;
  std::vector<std::byte> bytes_;
  std::optional<Buffer> buffer_;
};

}  // namespace decode_lab::machine
