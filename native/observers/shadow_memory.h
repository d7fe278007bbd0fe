// Who has accessed each 4-byte cell, byte by byte: a short list of accesses per cell, pages on touch.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "machine/grid.h"
#include "machine/lane_mask.h"

namespace decode_lab::observers {

struct Access {
  uint32_t next;  // index of the cell's next access, 0 = none
  uint32_t cta;
  uint32_t instruction;
  uint32_t clock;  // of the warp, see CausalityOrder
  machine::LaneMask lanes;
  uint16_t warp;
  uint8_t bytes;  // of the cell, bit 0 = lowest address
  bool write : 1;
  bool non_coherent : 1;
  // A write stands for what it replaced: the latest read or different value of its own warp at these bytes. A write
  // that is unordered with that is no harmless repetition, whatever its value.
  machine::LaneMask replaced_lanes;
  uint32_t replaced_clock;  // 0: nothing
};

class ShadowMemory {
 public:
  static constexpr uint32_t kCellBytes = 4;

  explicit ShadowMemory(machine::Budget& budget) : budget_(budget), accesses_(1) {}

  // Head of the list of the cell that holds byte `offset` of buffer `buffer`.
  uint32_t& head(uint32_t buffer, uint64_t offset);
  Access& access(uint32_t index) { return accesses_[index]; }
  const Access& access(uint32_t index) const { return accesses_[index]; }
  void append(uint32_t* link, const Access& access);
  void remove(uint32_t* link);  // unlinks the access that `link` points to
  void clear();                 // forgets all accesses, keeps the pages

  // Did the two machines' CTAs touch a common byte, one of them writing? Their CTAs are disjoint.
  bool conflicts_with(const ShadowMemory& other) const;

 private:
  static constexpr uint32_t kPageCells = 1024;
  using Page = std::array<uint32_t, kPageCells>;
  bool cells_conflict(uint32_t mine, const ShadowMemory& other, uint32_t theirs) const;

  machine::Budget& budget_;
  std::vector<std::vector<std::unique_ptr<Page>>> pages_;  // [buffer][page]
  std::vector<Page*> touched_;
  std::vector<Access> accesses_;  // [0] is no access
  uint32_t free_ = 0;
};

}  // namespace decode_lab::observers
