// Storage that grows by chunks, which stay where they are.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "machine/grid.h"

namespace decode_lab::observers {

// `Item`s are left as they are found; the owner writes them before it reads them.
template <class Item>
class Chunks {
 public:
  explicit Chunks(machine::Budget& budget) : budget_(budget) {}

  Item& operator[](uint32_t index) { return chunks_[index / kItems][index % kItems]; }
  const Item& operator[](uint32_t index) const { return chunks_[index / kItems][index % kItems]; }
  // There is room for items below `count` from here on. Throws HOST_MEMORY.
  void grow(uint32_t count) {
    while (chunks_.size() * kItems < count) {
      budget_.charge_host_bytes(kItems * sizeof(Item));
      chunks_.push_back(std::make_unique_for_overwrite<Item[]>(kItems));
    }
  }

 private:
  static constexpr size_t kMostBytes = size_t{64} << 10;
  static constexpr uint32_t kItems = uint32_t{1} << (std::bit_width(kMostBytes / sizeof(Item)) - 1);
  machine::Budget& budget_;
  std::vector<std::unique_ptr<Item[]>> chunks_;
};

}  // namespace decode_lab::observers
