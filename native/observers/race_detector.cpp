#include "observers/race_detector.h"

#include <algorithm>

namespace decode_lab::observers {

using machine::kLanes;
using machine::lane_bit;
using machine::Request;

namespace {

void merge_replaced(Access& access, machine::LaneMask lanes, uint32_t clock) {
  if (clock < access.replaced_clock || clock == 0) return;
  access.replaced_lanes = (clock == access.replaced_clock ? access.replaced_lanes : 0) | lanes;
  access.replaced_clock = clock;
}

}  // namespace

void RaceDetector::request(const Request& request) {
  const bool is_shared = request.space == ptx::StateSpace::shared;
  if (!is_shared && request.space != ptx::StateSpace::global) return;
  ShadowMemory& shadow = is_shared ? shared_ : global_;
  const uint32_t bytes = request.operation->memory.bytes();
  Access access{};
  access.cta = static_cast<uint32_t>(request.cta->linear_index());
  access.instruction = request.operation->instruction;
  access.clock = request.cta->order().clock(request.warp);
  access.warp = static_cast<uint16_t>(request.warp);
  access.write = request.kind == Request::Kind::store;
  access.non_coherent = request.operation->memory.non_coherent;
  machine::for_each_lane(request.lanes, [&](uint32_t lane) {
    const uint64_t offset = request.offset[lane];
    access.lanes = lane_bit(lane);
    for (uint64_t cell = offset / ShadowMemory::kCellBytes; cell * ShadowMemory::kCellBytes < offset + bytes; cell++) {
      const uint64_t start = cell * ShadowMemory::kCellBytes;
      const uint64_t begin = std::max(offset, start), end = std::min(offset + bytes, start + ShadowMemory::kCellBytes);
      access.bytes = static_cast<uint8_t>(((1u << (end - begin)) - 1) << (begin - start));
      visit_cell(shadow.head(request.buffer[lane]->index, begin), {request, lane, begin, end, start, access}, shadow);
    }
  });
}

// One pass over the cell's accesses: report races, drop what the new access makes redundant, add the new access.
// Redundant are
// - bytes that a write replaces: whoever conflicts with the old access conflicts with the new one, or is reported here;
// - reads of this CTA that the new read is ordered after;
// - all but one foreign read and one foreign write of a byte, and what this CTA does to bytes that a foreign access of
//   the same kind covers: whoever conflicts with it conflicts with the foreign one.
void RaceDetector::visit_cell(uint32_t& head, Lane lane, ShadowMemory& shadow) {
  Access& added = lane.access;
  uint8_t foreign[2] = {0, 0};  // bytes that foreign reads and foreign writes cover
  uint32_t joined = 0;
  uint32_t* link = &head;
  while (*link != 0) {
    Access& old = shadow.access(*link);
    const auto overlap = static_cast<uint8_t>(old.bytes & added.bytes);
    const bool is_foreign = old.cta != added.cta;
    bool keep_bytes = !added.write;
    if (overlap != 0 && (added.write || old.write)) {
      if (const uint32_t old_lane = racing_lane(old, lane); old_lane < kLanes) {
        const FindingClass found = classify(old, lane);
        report(old, old_lane, lane, found);
        keep_bytes = keep_bytes || is_warning(found);
      } else if (added.write) {
        remember_replaced(old, lane);
      }
    }
    if (!keep_bytes) old.bytes &= static_cast<uint8_t>(~overlap);
    if (is_foreign) {
      old.bytes &= static_cast<uint8_t>(~foreign[old.write]);
      foreign[old.write] |= old.bytes;
    }
    const bool same_request =
        !is_foreign && old.warp == added.warp && old.clock == added.clock && old.instruction == added.instruction;
    if (!is_foreign && !same_request) forget_dominated_lanes(old, lane);
    if (old.bytes == 0 || old.lanes == 0) {
      shadow.remove(link);
      continue;
    }
    if (same_request && old.bytes == added.bytes) joined = *link;
    link = &old.next;
  }
  const bool covered = (added.bytes & ~foreign[added.write]) == 0;
  if (joined != 0) {
    shadow.access(joined).lanes |= added.lanes;
    merge_replaced(shadow.access(joined), added.replaced_lanes, added.replaced_clock);
  } else if (!covered) {
    shadow.append(link, added);
  }
}

// Keeps the latest: who is unordered with an earlier access of a warp is unordered with its later ones.
void RaceDetector::remember_replaced(const Access& old, Lane& lane) const {
  Access& added = lane.access;
  if (old.warp != added.warp || (added.bytes & ~old.bytes) != 0) return;
  if (old.write) merge_replaced(added, old.replaced_lanes, old.replaced_clock);
  if (!old.write || compare_with_memory(lane.request, lane.lane, {lane.cell, added.bytes}) == Likeness::different)
    merge_replaced(added, old.lanes, old.clock);
}

bool RaceDetector::unordered_with_replaced(const Access& old, const Lane& lane) const {
  if (old.replaced_clock == 0) return false;
  if (old.cta != lane.access.cta) return true;
  bool unordered = false;
  machine::for_each_lane(old.replaced_lanes, [&](uint32_t candidate) {
    unordered = unordered || !lane.request.cta->order().ordered(old.warp, candidate, old.replaced_clock,
                                                                lane.access.warp, lane.lane);
  });
  return unordered;
}

// A read that is ordered before the new read conflicts with nothing that the new one does not conflict with.
void RaceDetector::forget_dominated_lanes(Access& old, const Lane& lane) const {
  const Access& added = lane.access;
  if (old.write || added.write || old.non_coherent || (old.bytes & ~added.bytes) != 0) return;
  machine::for_each_lane(old.lanes, [&](uint32_t candidate) {
    if (lane.request.cta->order().ordered(old.warp, candidate, old.clock, added.warp, lane.lane))
      old.lanes &= ~lane_bit(candidate);
  });
}

uint32_t RaceDetector::racing_lane(const Access& old, const Lane& lane) const {
  const Access& added = lane.access;
  if (old.cta != added.cta) return machine::lowest_lane(old.lanes);
  if ((old.non_coherent && added.write) || (added.non_coherent && old.write)) return machine::lowest_lane(old.lanes);
  for (machine::LaneMask left = old.lanes; left != 0; left &= left - 1) {
    const uint32_t candidate = machine::lowest_lane(left);
    if (!lane.request.cta->order().ordered(old.warp, candidate, old.clock, added.warp, lane.lane)) return candidate;
  }
  return kLanes;
}

Likeness RaceDetector::likeness(const Access& old, const Lane& lane) const {
  const Access& added = lane.access;
  if (!old.write || !added.write || unordered_with_replaced(old, lane)) return Likeness::different;
  const CellBytes common{lane.cell, static_cast<uint8_t>(old.bytes & added.bytes)};
  const bool same_store = old.cta == added.cta && old.warp == added.warp && old.instruction == added.instruction &&
                          old.clock == added.clock;
  const auto among_lanes =
      same_store ? compare_with_lanes(lane.request, lane.lane, old.lanes, common) : std::optional<Likeness>();
  return among_lanes ? *among_lanes : compare_with_memory(lane.request, lane.lane, common);
}

FindingClass RaceDetector::classify(const Access& old, const Lane& lane) const {
  switch (likeness(old, lane)) {
    case Likeness::same:
      return FindingClass::same_value_write;
    case Likeness::near:
      return FindingClass::near_value_write;
    case Likeness::different:
      break;
  }
  if (old.cta != lane.access.cta) return FindingClass::inter_cta_global;
  if (old.warp == lane.access.warp) return FindingClass::intra_warp;
  return lane.request.space == ptx::StateSpace::shared ? FindingClass::intra_cta_shared
                                                       : FindingClass::intra_cta_global;
}

void RaceDetector::report(const Access& old, uint32_t old_lane, const Lane& lane, FindingClass finding_class) {
  const Access& added = lane.access;
  ThreadAt first{old.cta, old.warp, old_lane, old.instruction, old.write};
  ThreadAt second{added.cta, added.warp, lane.lane, added.instruction, added.write};
  if (std::tie(second.instruction, second) < std::tie(first.instruction, first)) std::swap(first, second);
  const machine::Buffer& buffer = *lane.request.buffer[lane.lane];
  log_.add({Check::races, finding_class, first, second, lane.request.space, buffer.name,
            static_cast<int64_t>(lane.begin), lane.end - lane.begin, old.non_coherent || added.non_coherent});
}

}  // namespace decode_lab::observers
