// An access that the race detector remembers: by whom, how, and to which bytes of a row.
#pragma once
#include <cstdint>

#include "machine/lane_mask.h"
#include "machine/operation.h"

namespace decode_lab::observers {

// What all lanes of one request share.
struct Accessor {
  uint32_t cta, instruction;
  uint32_t clock;  // of the warp, see CausalityOrder
  uint32_t copy;   // the asynchronous copy that makes the access, 0: none
  uint16_t warp;
  uint8_t width;  // bytes per lane
  bool write : 1;
  bool reads_too : 1;  // a read-modify-write
  bool non_coherent : 1;
  bool strong : 1;
  bool in_pattern : 1;  // a strong access that takes part in a release or acquire pattern
  machine::Scope scope;
};

struct Access : Accessor {
  uint32_t next;  // index of the list's next access, 0 = none
  machine::LaneMask lanes;
  uint8_t begin, end;  // bytes of the row that are left of it
  uint8_t origin;      // where the bytes of its lowest lane begin
  bool together;       // all lanes access [origin, origin + width), else they lie side by side
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
  // Does each thread of `other`, whose bytes these are too, access them again?
  bool repeats(const Access& other) const {
    const bool same_warp = warp == other.warp && cta == other.cta;
    return (same_warp && together && other.together && (other.lanes & ~lanes) == 0) || same_mapping(other);
  }
};

}  // namespace decode_lab::observers
