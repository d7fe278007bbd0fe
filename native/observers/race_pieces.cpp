// From requests to rows. What a warp accesses in one row is settled as a whole where it is clear that nothing races;
// only the rest is looked at unit by unit (race_detector.cpp).
#include <algorithm>
#include <bitset>

#include "observers/race_detector.h"

namespace decode_lab::observers {

using machine::kLanes;
using machine::LaneMask;
using machine::Request;
using machine::Semantics;

namespace {

constexpr uint32_t kRowBytes = ShadowMemory::kRowBytes;
constexpr uint32_t kMostReadsLookedAt = 32;  // when a read looks for others that it makes redundant
constexpr uint32_t kLongList = 8;            // from here on a row is split where an access has few bytes of it

// Within a unit, the bytes between two cuts, no access begins or ends, and no lane's bytes do.
using Cuts = std::bitset<kRowBytes + 1>;

void cut(Cuts& cuts, const Access& access, const Access& within) {
  const uint32_t from = std::max(access.begin, within.begin), to = std::min(access.end, within.end);
  cuts.set(from), cuts.set(to);
  if (access.together) return;
  for (uint32_t at = access.start_at(from) + access.width; at < to; at += access.width) cuts.set(at);
}

Cuts cuts_of(uint32_t head, const Access& whole, const ShadowMemory& shadow) {
  Cuts cuts;
  cut(cuts, whole, whole);
  for (uint32_t i = head; i != 0; i = shadow.access(i).next)
    if (shadow.access(i).overlaps(whole.begin, whole.end)) cut(cuts, shadow.access(i), whole);
  return cuts;
}

Access access_of(const Request& request) {
  const machine::MemoryAccess& memory = request.operation->memory;
  Access access{};
  access.cta = request.cta->order().cta();
  access.instruction = request.operation->instruction;
  access.clock = request.cta->order().clock(request.warp);
  access.copy = request.copy;
  access.warp = static_cast<uint16_t>(request.warp);
  access.width = static_cast<uint8_t>(request.bytes);
  access.write = request.writes();
  access.reads_too = request.kind == Request::Kind::read_modify_write;
  access.non_coherent = memory.non_coherent;
  access.strong = memory.semantics != Semantics::weak;
  access.in_pattern = machine::acquires(memory.semantics) || machine::releases(memory.semantics) || memory.in_pattern;
  access.scope = memory.scope;
  return access;
}

// Strong vectors are looked at element by element, strong writes behind fences lane by lane.
bool needs_single_accesses(const Request& request) {
  const machine::MemoryAccess& memory = request.operation->memory;
  if (memory.semantics == Semantics::weak) return false;
  return request.bytes > memory.element_bytes ||
         (request.writes() && request.cta->order().find_thread(request.warp, 0) != nullptr);
}

// A strong write belongs to a release pattern if a release fence, or a release of its location, comes before it.
void join_pattern(Access& access, const Request& request, uint32_t lane) {
  const auto* const thread = request.cta->order().find_thread(request.warp, lane);
  if (access.in_pattern || !request.writes() || thread == nullptr) return;
  const machine::Place place = request.place_of(lane);
  access.in_pattern = !thread->fenced_in_cta.empty() ||
                      request.cta->observation(request.space)
                          .has_released(*place.buffer, place.offset, access.width, {access.cta, access.warp, lane});
}

}  // namespace

void RaceDetector::cta_begins(const machine::Cta& cta) {
  while (shared_.size() <= cta.slot()) shared_.emplace_back(cta.budget());
  shared_[cta.slot()].clear();
}

ShadowMemory& RaceDetector::shadow_of(const Request& request) {
  return request.space == ptx::StateSpace::shared ? shared_[request.cta->slot()] : global_;
}

void RaceDetector::request(const Request& request) {
  ShadowMemory& shadow = shadow_of(request);
  fetch_and_split(request, shadow);
  Piece piece{request, access_of(request)};
  if (needs_single_accesses(request)) return visit_singly(piece, shadow);
  for (const machine::Span& span : request.spans) visit_span(span, piece, shadow);
  shadow.words.accessors.release(piece.accessor);
}

void RaceDetector::visit_singly(Piece& piece, ShadowMemory& shadow) {
  const Request& request = piece.request;
  const Access access = piece.access;
  for (const machine::Span& span : request.spans) {
    machine::for_each_lane(span.lanes, [&](uint32_t lane) {
      piece.access = access;
      piece.accessor = 0;
      const uint8_t width = std::min<uint8_t>(access.width, request.operation->memory.element_bytes);
      piece.access.width = width;
      join_pattern(piece.access, request, lane);
      const uint64_t begin = span.offset_of(lane, request.bytes);
      for (uint64_t at = begin; at < begin + request.bytes; at += width)
        visit_span({{span.place.buffer, at}, machine::lane_bit(lane), false}, piece, shadow);
      shadow.words.accessors.release(piece.accessor);
    });
  }
}

void RaceDetector::visit_span(const machine::Span& span, Piece& piece, ShadowMemory& shadow) {
  Access& access = piece.access;
  const uint64_t begin = span.place.offset, end = begin + span.bytes(access.width);
  const bool is_single = (span.lanes & (span.lanes - 1)) == 0;
  access.together = span.together;
  piece.buffer = span.place.buffer;
  for (uint64_t row = begin / kRowBytes; row * kRowBytes < end; row++) {
    const uint64_t first = row * kRowBytes;
    access.lanes = span.lanes;
    access.begin = static_cast<uint8_t>(std::max(begin, first) - first);
    access.end = static_cast<uint8_t>(std::min(end, first + kRowBytes) - first);
    access.origin = access.begin;
    if (!span.together && !is_single) {
      const uint32_t lane =
          machine::lowest_lane(span.lanes) + static_cast<uint32_t>(first + access.begin - begin) / access.width;
      const uint32_t count = (access.end - access.begin) / access.width;
      access.lanes = (count == kLanes ? machine::kAllLanes : machine::lane_bit(count) - 1) << lane;
    }
    piece.row = first;
    visit(shadow.head(span.place.buffer->index, row), piece, shadow);
  }
}

void RaceDetector::visit(uint32_t& head, Piece& piece, ShadowMemory& shadow) {
  constexpr uint32_t kCellBytes = ShadowMemory::kCellBytes;
  const uint32_t begin = piece.access.begin, end = piece.access.end;
  if (head == 0) return shadow.insert(&head, piece.access);
  if (!ShadowMemory::is_split(head)) {
    if (visit_list(head, piece, shadow) > kLongList && end - begin < ShadowMemory::kScatteredBytes) shadow.split(head);
    return;
  }
  const uint32_t row = ShadowMemory::row_of(head);
  for (uint32_t cell = begin / kCellBytes; cell * kCellBytes < end; cell++) {
    piece.access.begin = static_cast<uint8_t>(std::max(begin, cell * kCellBytes));
    piece.access.end = static_cast<uint8_t>(std::min(end, (cell + 1) * kCellBytes));
    visit_cell(row, cell, piece, shadow);
  }
}

// Returns about how long the list is.
uint32_t RaceDetector::visit_list(uint32_t& head, Piece& piece, ShadowMemory& shadow) {
  if (settles_whole(head, piece, shadow)) return take_place(head, piece, shadow);
  uint32_t length = 0;
  const Access& whole = piece.access;
  const Cuts cuts = cuts_of(head, whole, shadow);
  for (uint32_t from = whole.begin; from < whole.end;) {
    uint32_t to = from + 1;
    while (!cuts.test(to)) to++;
    machine::for_each_lane(whole.lanes_at(from, to), [&](uint32_t lane) {
      Piece unit = piece;
      unit.access.origin = static_cast<uint8_t>(whole.start_at(from));
      unit.access.together = true;
      unit.access.lanes = machine::lane_bit(lane);
      unit.access.begin = static_cast<uint8_t>(from);
      unit.access.end = static_cast<uint8_t>(to);
      length = std::max(length, visit_unit(head, unit, lane, shadow));
    });
    from = to;
  }
  return length;
}

// Is it plain, without a look at single lanes, that the piece races with nothing?
bool RaceDetector::settles_whole(uint32_t head, Piece& piece, const ShadowMemory& shadow) const {
  Access& added = piece.access;
  if (added.write && (added.together || piece.request.stored == nullptr)) return false;
  for (uint32_t i = head; i != 0; i = shadow.access(i).next) {
    const Access& old = shadow.access(i);
    if (!added.write && !old.write) break;  // so are all that follow
    if (!old.overlaps(added.begin, added.end)) continue;
    if (old.non_coherent || added.non_coherent) return false;
    const bool same_threads = added.copy == 0 && old.copy == 0 && added.same_mapping(old);
    if (!same_threads && !is_surely_ordered(old, piece)) return false;
    if (!added.write || old.warp != added.warp || old.cta != added.cta) continue;
    if (old.write) replace(added, old.replaced);
    if (!old.write || differs_from_memory(piece.request, added.lanes_at(added.begin, added.end),
                                          {piece.row + added.begin, piece.row + added.end}))
      replace(added, {old.lanes, old.clock, old.instruction, old.write});
  }
  return true;
}

bool RaceDetector::is_surely_ordered(const Accessor& old, const Piece& piece) const {
  return piece.request.cta->order().surely_ordered({old.cta, old.warp, old.clock, old.copy}, piece.access.warp);
}

// The piece races with nothing: drops what it makes redundant and remembers it.
uint32_t RaceDetector::take_place(uint32_t& head, const Piece& piece, ShadowMemory& shadow) const {
  const Access& added = piece.access;
  uint32_t* place = &head;
  uint32_t length = 0, seen = 0;
  for (uint32_t* link = &head; *link != 0;) {
    Access& old = shadow.access(*link);
    length++;
    if (added.write) {
      link = old.overlaps(added.begin, added.end) && replaces(added, old) ? shadow.carve(link, added.begin, added.end)
                                                                          : &old.next;
    } else if (old.write) {
      place = link = &old.next;
    } else if (seen++ == kMostReadsLookedAt) {
      break;
    } else if (old.cta != added.cta) {
      if (ctas_are_apart_ && subsumes(old, added) && old.begin <= added.begin && old.end >= added.end) return length;
      link = &old.next;
    } else if (old.begin >= added.begin && old.end <= added.end && subsumes(added, old) &&
               (added.repeats(old) || is_surely_ordered(old, piece))) {
      shadow.remove(link);
    } else {
      link = &old.next;
    }
  }
  shadow.insert(place, added);
  return length;
}

}  // namespace decode_lab::observers
