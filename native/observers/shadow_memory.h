// Who has accessed which bytes: a short list of accesses per row of 128 bytes, pages on touch. A warp's contiguous
// access is one entry per row. Where the list grows long, as scattered accesses make it, the row gets a list for each
// of its cells of 16 bytes.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "machine/grid.h"
#include "machine/lane_mask.h"
#include "machine/operation.h"

namespace decode_lab::observers {

struct Access {
  uint32_t next;  // index of the row's next access, 0 = none
  uint32_t cta, instruction;
  uint32_t clock;  // of the warp, see CausalityOrder
  uint32_t copy;   // the asynchronous copy that makes the access, 0: none
  machine::LaneMask lanes;
  uint16_t warp;
  uint8_t begin, end;  // bytes of the row that are left of it
  uint8_t origin;      // where the bytes of its lowest lane begin
  uint8_t width;       // bytes per lane
  bool together : 1;   // all lanes access [origin, origin + width), else they lie side by side
  bool write : 1;
  bool reads_too : 1;  // a read-modify-write
  bool non_coherent : 1;
  bool strong : 1;
  bool in_pattern : 1;  // a strong access that takes part in a release or acquire pattern
  machine::Scope scope;
  // A write stands for what it replaced: the latest read or different value of its own warp at these bytes. A write
  // that is unordered with that is no harmless repetition, whatever its value.
  struct Replaced {
    machine::LaneMask lanes;
    uint32_t clock;  // 0: nothing
    uint32_t instruction;
    bool write;
  };
  Replaced replaced;

  bool overlaps(uint32_t from, uint32_t to) const { return begin < to && from < end; }
  // Those that access some of [from, to), which lies within [begin, end).
  machine::LaneMask lanes_at(uint32_t from, uint32_t to) const {
    if (together) return lanes;
    const uint32_t first = machine::lowest_lane(lanes) + (from - origin) / width;
    const uint32_t count = (to - 1 - origin) / width - (from - origin) / width + 1;
    return (count == machine::kLanes ? machine::kAllLanes : machine::lane_bit(count) - 1) << first;
  }
  // Where the lane's bytes begin that hold byte `at`.
  uint32_t start_at(uint32_t at) const { return together ? origin : origin + (at - origin) / width * width; }
  bool same_mapping(const Access& other) const {
    return warp == other.warp && cta == other.cta && together == other.together && width == other.width &&
           (together ? lanes == other.lanes && machine::lane_count(lanes) == 1 && origin == other.origin
                     : machine::lowest_lane(lanes) * width + other.origin ==
                           machine::lowest_lane(other.lanes) * width + origin);
  }
};

class ShadowMemory {
 public:
  static constexpr uint32_t kRowBytes = 128, kCellBytes = 16;

  explicit ShadowMemory(machine::Budget& budget) : budget_(budget) {}

  // Head of a row of buffer `buffer`: of its list, or of what `cell` takes.
  uint32_t& head(uint32_t buffer, uint64_t row);
  static bool is_split(uint32_t head) { return (head & kSplit) != 0; }
  void split(uint32_t& head);
  uint32_t& cell(uint32_t head, uint32_t index) { return split_[head & ~kSplit][index]; }
  // Accesses stay where they are until they are removed. In a list, writes come before reads.
  Access& access(uint32_t index) { return chunks_[index / kChunk][index % kChunk]; }
  const Access& access(uint32_t index) const { return chunks_[index / kChunk][index % kChunk]; }
  void insert(uint32_t* link, const Access& access);  // in front of what `link` points to
  void remove(uint32_t* link);                        // unlinks the access that `link` points to
  // Takes [begin, end) away from the access that `link` points to; returns the link to go on from.
  uint32_t* carve(uint32_t* link, uint32_t begin, uint32_t end);
  // Makes [begin, end) of the access that `link` points to an access of its own, in front of the rest.
  Access& isolate(uint32_t* link, uint32_t begin, uint32_t end);
  void clear();  // forgets all accesses, keeps the pages

  // Did the two machines' CTAs touch a common byte, one of them writing? Their CTAs are disjoint.
  bool conflicts_with(const ShadowMemory& other) const;

 private:
  static constexpr uint32_t kPageRows = 64, kCells = kRowBytes / kCellBytes, kSplit = uint32_t{1} << 31;
  using Page = std::array<uint32_t, kPageRows>;
  uint32_t list(uint32_t head, uint32_t cell) const { return is_split(head) ? split_[head & ~kSplit][cell] : head; }
  bool rows_conflict(uint32_t mine, const ShadowMemory& other, uint32_t theirs) const;
  bool lists_conflict(uint32_t mine, const ShadowMemory& other, uint32_t theirs) const;

  machine::Budget& budget_;
  std::vector<std::vector<std::unique_ptr<Page>>> pages_;  // [buffer][page]
  std::vector<Page*> touched_;
  std::deque<std::array<uint32_t, kCells>> split_;
  static constexpr uint32_t kChunk = 1024;
  std::vector<std::unique_ptr<Access[]>> chunks_;
  uint32_t used_ = 1;  // index 0 is no access
  uint32_t free_ = 0;
};

}  // namespace decode_lab::observers
