// Rows in words (WordRows): what races with nothing is settled word by word; the rest goes by lists of whole cells
// (race_pieces.cpp).
#include "observers/race_detector.h"

namespace decode_lab::observers {

using machine::kLanes;
using machine::LaneMask;
using machine::Request;

namespace {

// Of one thread each, in program order. Lanes beside others of their warp access bytes of their own.
bool same_threads(const Accessor& old, LaneMask old_lanes, const Accessor& added, LaneMask lanes) {
  return old.warp == added.warp && old.cta == added.cta && old.copy == 0 && added.copy == 0 && old_lanes == lanes &&
         (added.width < kWordBytes ? old.width == added.width : machine::lane_count(lanes) == 1);
}

// Keeps the later of two accesses that a write has replaced, the lanes of both if they are one access.
void replace_word(WordAccess& replaced, WordAccess by, const Accessors& accessors) {
  if (by.accessor == 0) return;
  if (replaced.accessor != 0) {
    const uint32_t known = accessors[replaced.accessor].clock, clock = accessors[by.accessor].clock;
    if (clock < known) return;
    if (clock == known) by.lanes |= replaced.lanes;
  }
  replaced = by;
}

}  // namespace

// Splits the rows that a scattered request touches and fetches side by side what the visits will look at one by one.
void RaceDetector::fetch_and_split(const Request& request, ShadowMemory& shadow) const {
  constexpr uint32_t kRowBytes = ShadowMemory::kRowBytes;
  if (!request.is_scattered()) return;
  std::array<uint32_t*, kLanes> heads;
  struct Found {
    uint32_t row, word;
  };
  std::array<Found, kLanes> found;
  size_t count = 0;
  for (const machine::Span& span : request.spans) {
    if (span.bytes(request.bytes) >= ShadowMemory::kScatteredBytes) continue;
    heads[count] = &shadow.head(span.place.buffer->index, span.place.offset / kRowBytes);
    __builtin_prefetch(heads[count++]);
  }
  count = 0;
  for (const machine::Span& span : request.spans) {
    if (span.bytes(request.bytes) >= ShadowMemory::kScatteredBytes) continue;
    uint32_t& head = *heads[count];
    if (!ShadowMemory::is_split(head)) shadow.split(head);
    found[count] = {ShadowMemory::row_of(head), static_cast<uint32_t>(span.place.offset % kRowBytes / kWordBytes)};
    shadow.words.fetch(found[count].row, found[count].word);
    count++;
  }
  for (size_t i = 0; i < count; i++) {
    const uint32_t reader = shadow.words.reads(found[i].row)[found[i].word].accessor;
    if (reader != 0 && reader != WordRows::kInList) shadow.words.accessors.fetch(reader);
  }
}

void RaceDetector::visit_cell(uint32_t row, uint32_t cell, Piece& part, ShadowMemory& shadow) {
  const uint32_t end = part.access.end;
  if (!shadow.words.is_in_list(row, cell * ShadowMemory::kCellBytes / kWordBytes)) {
    const uint32_t settled = visit_words(row, part, shadow.words);
    if (settled == end) return;
    part.access.begin = static_cast<uint8_t>(settled);
    shadow.words_to_list(row, cell);
  }
  visit_list(shadow.cell(row, cell), part, shadow);
  shadow.list_to_words(row, cell);
}

// Returns up to where the piece is settled.
uint32_t RaceDetector::visit_words(uint32_t row, Piece& part, WordRows& words) const {
  const Access& added = part.access;
  const Request& request = part.request;
  if (!fits_words(added) || (added.write && (request.stored == nullptr || added.width != request.bytes)))
    return added.begin;
  for (uint32_t at = added.begin; at < added.end; at += kWordBytes) {
    const LaneMask lanes = added.lanes_at(at, at + kWordBytes);
    const uint32_t index = at / kWordBytes;
    const bool settled =
        added.write ? write_word(row, index, lanes, part, words) : read_word(row, index, lanes, part, words);
    if (!settled) return at;
  }
  return added.end;
}

bool RaceDetector::read_word(uint32_t row, uint32_t index, LaneMask lanes, Piece& piece, WordRows& words) const {
  const Access& added = piece.access;
  const WordRows::Writes* const writes = words.find_writes(row);
  if (writes != nullptr && writes->latest[index].accessor != 0) {
    const Accessor& old = words.accessors[writes->latest[index].accessor];
    if (added.non_coherent) return false;
    if (!same_threads(old, writes->latest[index].lanes, added, lanes) && !is_surely_ordered(old, piece)) return false;
  }
  WordAccess& read = words.reads(row)[index];
  if (read.accessor != 0) {
    const Accessor& old = words.accessors[read.accessor];
    if (old.cta != added.cta) return ctas_are_apart_ && subsumes(old, added);
    if (read.accessor == piece.accessor && added.width >= kWordBytes) return read.lanes |= lanes, true;
    const bool same_lanes = old.warp == added.warp && old.copy == 0 && (read.lanes & ~lanes) == 0 &&
                            (added.width >= kWordBytes ? old.width >= kWordBytes : old.width == added.width);
    if (!subsumes(added, old) || (!same_lanes && !is_surely_ordered(old, piece))) return false;
  }
  if (piece.accessor == 0) piece.accessor = words.accessors.add(added);
  words.put(read, {piece.accessor, lanes});
  return true;
}

bool RaceDetector::write_word(uint32_t row, uint32_t index, LaneMask lanes, Piece& piece, WordRows& words) const {
  const Access& added = piece.access;
  const WordRows::Writes* const known = words.find_writes(row);
  const WordAccess before[] = {known != nullptr ? known->latest[index] : WordAccess{}, words.reads(row)[index]};
  const uint64_t at = piece.row + index * kWordBytes;
  const machine::Place start{piece.buffer, piece.row + added.start_at(index * kWordBytes)};
  WordAccess replaced;
  for (const WordAccess in_word : before) {
    if (in_word.accessor == 0) continue;
    const Accessor& old = words.accessors[in_word.accessor];
    if (old.non_coherent || !replaces(added, old)) return false;
    if (!same_threads(old, in_word.lanes, added, lanes) && !is_surely_ordered(old, piece)) return false;
    if (old.warp != added.warp || old.cta != added.cta) continue;
    if (old.write) replace_word(replaced, known->replaced[index], words.accessors);
    if (!old.write || differs_from_memory(piece.request, machine::lowest_lane(lanes), start, {at, at + kWordBytes}))
      replace_word(replaced, in_word, words.accessors);
  }
  if (piece.accessor == 0) piece.accessor = words.accessors.add(added);
  WordRows::Writes& writes = words.writes(row);
  words.put(writes.replaced[index], replaced);
  words.put(writes.latest[index], {piece.accessor, lanes});
  words.put(words.reads(row)[index], {});
  return true;
}

}  // namespace decode_lab::observers
