#include "observers/race_detector.h"

#include <algorithm>
#include <bit>

namespace decode_lab::observers {

using machine::kLanes;
using machine::lane_bit;
using machine::LaneMask;

// Does whoever races with `other` race with `one`, which covers its bytes and is not ordered before it?
bool RaceDetector::subsumes(const Accessor& one, const Accessor& other) {
  if (other.copy != 0 || one.copy != 0 || other.non_coherent || (other.write && !one.write)) return false;
  return !one.strong || (other.strong && one.scope == other.scope && one.width == other.width &&
                         one.reads_too == other.reads_too && one.in_pattern == other.in_pattern);
}

// Does a write hide an access of its bytes that it is ordered after? A strong one does not hide what others, that are
// morally strong with it alone, would race with.
bool RaceDetector::replaces(const Accessor& write, const Accessor& old) {
  return !write.strong || (old.strong && old.scope == write.scope && old.width == write.width);
}

// Keeps the latest: who is unordered with an earlier access of a warp is unordered with its later ones.
void RaceDetector::replace(Access& access, const Access::Replaced& replaced) {
  if (replaced.clock == 0 || replaced.clock < access.replaced.clock) return;
  const LaneMask others = replaced.clock == access.replaced.clock ? access.replaced.lanes : 0;
  access.replaced = replaced;
  access.replaced.lanes |= others;
}

// One pass over the list: report races with the unit, drop what it makes redundant, add it; returns the length.
// Redundant are
// - bytes that a write replaces: whoever conflicts with the old access conflicts with the new one, or is reported here;
// - what the new access is ordered after and subsumes;
// - where CTAs are apart: all but one foreign read and one foreign write, and what this CTA does to bytes that a
// foreign
//   access of the same kind covers: whoever conflicts with it conflicts with the foreign one.
uint32_t RaceDetector::visit_unit(uint32_t& head, Piece unit, uint32_t lane, ShadowMemory& shadow) {
  Access& added = unit.access;
  bool foreign[2] = {false, false};  // reads and writes that cover the unit
  uint32_t joined = 0, length = 0;
  Observed observed;
  uint32_t* place = &head;
  for (uint32_t* link = &head; *link != 0;) {
    Access& old = shadow.access(*link);
    length++;
    if (old.write) place = &old.next;
    if (!old.overlaps(added.begin, added.end)) {
      link = &old.next;
      continue;
    }
    const bool same_request = old.cta == added.cta && old.warp == added.warp && old.clock == added.clock &&
                              old.instruction == added.instruction && old.copy == added.copy;
    const LaneMask lanes = old.lanes_at(added.begin, added.end);
    LaneMask unordered = unordered_lanes(old, unit, lane);
    bool redundant = false;
    const bool conflict = (added.write || old.write) && unordered != 0;
    const LaneMask racing = conflict ? unordered & ~observed_lanes(old, unit, lane, observed) : 0;
    if (racing != 0) {
      redundant = judge(old, machine::lowest_lane(racing), unit, lane) && added.write;
    } else if (added.write && (!added.strong || (!conflict && replaces(added, old)))) {
      remember_replaced(old, unit, lane);
      redundant = true;
    }
    if (!redundant && ctas_are_apart_ && old.cta != added.cta && subsumes(old, added)) {
      redundant = foreign[old.write];
      foreign[old.write] = true;
    }
    if (!redundant && !same_request && old.cta == added.cta && subsumes(added, old)) {
      redundant = unordered == 0;
      if (!redundant && unordered != lanes) shadow.isolate(link, added.begin, added.end).lanes = unordered;
    }
    if (redundant) {
      const bool at_place = place == &old.next;
      uint32_t* const next = shadow.carve(link, added.begin, added.end);
      if (at_place) place = next;
      link = next;
      continue;
    }
    Access& kept = shadow.access(*link);
    const bool one_place = kept.together || machine::lane_count(kept.lanes) == 1;
    if (same_request && one_place && kept.begin == added.begin && kept.end == added.end && kept.origin == added.origin)
      joined = *link;
    link = &kept.next;
  }
  if (joined != 0) {
    shadow.access(joined).together = true;
    shadow.access(joined).lanes |= added.lanes;
    replace(shadow.access(joined), added.replaced);
  } else if (!foreign[added.write]) {
    shadow.insert(added.write ? &head : place, added);
  }
  return length;
}

void RaceDetector::remember_replaced(const Access& old, Piece& unit, uint32_t lane) const {
  Access& added = unit.access;
  if (old.warp != added.warp || old.cta != added.cta) return;
  if (old.write) replace(added, old.replaced);
  if (!old.write || differs_from_memory(unit.request, lane_bit(lane), {unit.row + added.begin, unit.row + added.end}))
    replace(added, {old.lanes_at(added.begin, added.end), old.clock, old.instruction, old.write});
}

LaneMask RaceDetector::replaced_unordered_lanes(const Access& old, const Piece& unit, uint32_t lane) const {
  if (old.replaced.clock == 0) return 0;
  LaneMask unordered = 0;
  machine::for_each_lane(old.replaced.lanes, [&](uint32_t candidate) {
    const machine::AccessTime time{old.cta, old.warp, old.replaced.clock, 0};
    if (!unit.request.cta->order().ordered(time, candidate, unit.access.warp, lane)) unordered |= lane_bit(candidate);
  });
  return unordered;
}

// Reports what the unordered accesses are; returns whether that is an error. What looks like a harmless repetition of
// `old` may race with what `old` replaced; then that is the finding, as if the repetition had come first.
bool RaceDetector::judge(const Access& old, uint32_t old_lane, const Piece& unit, uint32_t lane) {
  const auto found = classify(old, unit, lane);
  if (!found) return false;
  const bool repeats = *found == FindingClass::same_value_write || *found == FindingClass::near_value_write;
  const LaneMask replaced_lanes = repeats ? replaced_unordered_lanes(old, unit, lane) : 0;
  if (replaced_lanes == 0 || !old.replaced.write) report(old, old_lane, unit, lane, *found);
  if (replaced_lanes == 0) return !is_warning(*found);
  Access replaced = old;
  replaced.instruction = old.replaced.instruction;
  replaced.write = old.replaced.write;
  report(replaced, machine::lowest_lane(replaced_lanes), unit, lane, class_by_place(old, unit));
  return true;
}

LaneMask RaceDetector::unordered_lanes(const Access& old, const Piece& unit, uint32_t lane) const {
  const Access& added = unit.access;
  const LaneMask lanes = old.lanes_at(added.begin, added.end);
  if ((old.non_coherent && added.write) || (added.non_coherent && old.write)) return lanes;
  LaneMask unordered = 0;
  machine::for_each_lane(lanes, [&](uint32_t candidate) {
    const machine::AccessTime time{old.cta, old.warp, old.clock, old.copy};
    if (!unit.request.cta->order().ordered(time, candidate, added.warp, lane)) unordered |= lane_bit(candidate);
  });
  return unordered;
}

// Those of a strong write that the unit's thread comes after because it, or one that is ordered before it, has observed
// them (8.9.5). What morally strong accesses are to each other does not hang on that.
LaneMask RaceDetector::observed_lanes(const Access& old, const Piece& unit, uint32_t lane, Observed& observed) const {
  const Access& added = unit.access;
  if (!old.strong || !old.write || morally_strong(old, added)) return 0;
  const auto& observation = unit.request.cta->observation(unit.request.space);
  if (!observed)
    observed =
        observation.observed_before(*unit.buffer, unit.row + added.begin, unit.request.cta->order(), added.warp, lane);
  LaneMask lanes = 0;
  machine::for_each_lane(old.lanes_at(added.begin, added.end), [&](uint32_t candidate) {
    const auto number = observation.latest_write(*unit.buffer, unit.row + old.start_at(added.begin), old.width,
                                                 {old.cta, old.warp, candidate});
    for (const auto& chain : *observed)
      if (chain.holds(number)) lanes |= lane_bit(candidate);
  });
  return lanes;
}

Likeness RaceDetector::likeness(const Access& old, const Piece& unit, uint32_t lane) const {
  const Access& added = unit.access;
  if (!old.write || !added.write || old.reads_too || added.reads_too || old.copy != 0 || added.copy != 0)
    return Likeness::different;
  const Bytes common{unit.row + added.begin, unit.row + added.end};
  const bool same_store = old.cta == added.cta && old.warp == added.warp && old.instruction == added.instruction &&
                          old.clock == added.clock;
  const auto among_lanes = same_store
                               ? compare_with_lanes(unit.request, lane, old.lanes_at(added.begin, added.end), common)
                               : std::optional<Likeness>();
  if (among_lanes) return *among_lanes;
  return differs_from_memory(unit.request, lane_bit(lane), common) ? Likeness::different : Likeness::same;
}

FindingClass RaceDetector::class_by_place(const Access& old, const Piece& unit) const {
  const Access& added = unit.access;
  if (old.copy != 0 && old.cta == added.cta &&
      unit.request.cta->order().issued_before({old.cta, old.warp, old.clock, old.copy},
                                              machine::lowest_lane(old.lanes_at(added.begin, added.end)), added.warp,
                                              machine::lowest_lane(added.lanes)))
    return FindingClass::async_copy_not_waited;
  if (old.cta != added.cta) return FindingClass::inter_cta_global;
  if (old.warp == added.warp) return FindingClass::intra_warp;
  return unit.request.space == ptx::StateSpace::shared ? FindingClass::intra_cta_shared
                                                       : FindingClass::intra_cta_global;
}

bool RaceDetector::same_bytes(const Access& old, const Access& added) {
  return old.width == added.width && old.start_at(added.begin) == added.origin;
}

// Both strong, of the same bytes, each in the other's scope (8.7).
bool RaceDetector::morally_strong(const Access& old, const Access& added) {
  return old.strong && added.strong && same_bytes(old, added) &&
         (old.cta == added.cta || (old.scope == machine::Scope::gpu && added.scope == machine::Scope::gpu));
}

// What two unordered, conflicting accesses are; nothing if they are morally strong (8.7) and meant to be.
std::optional<FindingClass> RaceDetector::classify(const Access& old, const Piece& unit, uint32_t lane) const {
  const Access& added = unit.access;
  if (old.strong && added.strong) {
    if (!same_bytes(old, added)) return FindingClass::mixed_size_atomic;
    if (!morally_strong(old, added)) return FindingClass::scope_mismatch;
    const bool loose = (!old.reads_too && !old.in_pattern) || (!added.reads_too && !added.in_pattern);
    return loose ? std::optional(FindingClass::strong_unsynchronised) : std::nullopt;
  }
  switch (likeness(old, unit, lane)) {
    case Likeness::same:
      return FindingClass::same_value_write;
    case Likeness::near:
      return FindingClass::near_value_write;
    case Likeness::different:
      break;
  }
  return class_by_place(old, unit);
}

void RaceDetector::report(const Access& old, uint32_t old_lane, const Piece& unit, uint32_t lane,
                          FindingClass finding_class) {
  const Access& added = unit.access;
  ThreadAt first{old.cta, old.warp, old_lane, old.instruction, old.write};
  ThreadAt second{added.cta, added.warp, lane, added.instruction, added.write};
  if (std::tie(second.instruction, second) < std::tie(first.instruction, first)) std::swap(first, second);
  log_.add({Check::races, finding_class, first, second, unit.request.space, unit.buffer->name,
            static_cast<int64_t>(unit.row + added.begin), uint64_t{added.end} - added.begin,
            old.non_coherent || added.non_coherent});
}

// Of several lanes of one instruction, the highest took its turn last.
std::optional<RaceDetector::LastWrite> RaceDetector::last_write(const machine::Cta& cta, const machine::Buffer& buffer,
                                                                uint64_t offset) const {
  const ShadowMemory& shadow = buffer.space == ptx::StateSpace::shared ? shared_[cta.slot()] : global_;
  const auto writes = shadow.writes_of(buffer.index, offset);
  if (writes.empty()) return std::nullopt;
  const Access& write = writes.front();
  const auto at = static_cast<uint32_t>(offset % ShadowMemory::kRowBytes);
  const auto lane = static_cast<uint32_t>(std::bit_width(write.lanes_at(at, at + 1)) - 1);
  return LastWrite{{write.cta, write.warp, lane, write.instruction, true}, writes.size() == 1};
}

}  // namespace decode_lab::observers
