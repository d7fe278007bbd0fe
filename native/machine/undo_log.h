// The pages of a buffer as they were before the first store into them, so that a run can be thrown away.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace decode_lab::machine {

class Budget;

class UndoLog {
 public:
  UndoLog(std::byte* host, uint64_t size) : host_(host), size_(size), saved_((size >> kPageBits) + 1) {}

  // Before a store of `bytes` (up to one page) at `offset`, from any worker. Charges what it keeps.
  void before_store(uint64_t offset, uint64_t bytes, Budget& budget) {
    save(offset >> kPageBits, budget);
    save((offset + bytes - 1) >> kPageBits, budget);
  }
  void restore();

 private:
  static constexpr uint32_t kPageBits = 12;

  void save(uint64_t page, Budget& budget) {
    if (std::atomic_ref(saved_[page]).load(std::memory_order_acquire) == 0) copy(page, budget);
  }
  void copy(uint64_t page, Budget& budget);

  std::byte* host_;
  uint64_t size_;
  std::vector<uint8_t> saved_;
  std::mutex mutex_;
  std::map<uint64_t, std::vector<std::byte>> pages_;
};

}  // namespace decode_lab::machine
