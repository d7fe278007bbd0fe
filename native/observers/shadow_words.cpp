// Between the two forms of a split row's cell: accesses by word, and a list of accesses.
#include "observers/shadow_memory.h"

namespace decode_lab::observers {

namespace {

constexpr uint32_t kWordsPerCell = ShadowMemory::kCellBytes / kWordBytes;
constexpr uint32_t kMostInWords = 8;  // accesses of a list that words of 16 bytes can hold

Access access_of(const Accessor& accessor, WordAccess in_word, uint32_t begin, uint32_t end) {
  Access access{};
  static_cast<Accessor&>(access) = accessor;
  access.lanes = in_word.lanes;
  access.begin = static_cast<uint8_t>(begin);
  access.end = static_cast<uint8_t>(end);
  access.together = accessor.width >= kWordBytes;
  access.origin = static_cast<uint8_t>(access.together ? begin / accessor.width * accessor.width : begin);
  return access;
}

}  // namespace

void ShadowMemory::mark_in_list(uint32_t row, uint32_t cell, bool is_in_list) {
  for (uint32_t i = 0; i < kWordsPerCell; i++)
    words.reads(row)[cell * kWordsPerCell + i] = {is_in_list ? WordRows::kInList : 0, 0};
}

void ShadowMemory::append_words(uint32_t** tail, uint32_t row, uint32_t cell, bool write) {
  const WordRows::Writes* const writes = words.find_writes(row);
  const auto& accesses = write ? writes->latest : words.reads(row);
  const uint32_t end = (cell + 1) * kWordsPerCell;
  for (uint32_t from = cell * kWordsPerCell, to; from < end; from = to) {
    const WordAccess in_word = accesses[from];
    to = from + 1;
    if (in_word.accessor == 0) continue;
    const Accessor& accessor = words.accessors[in_word.accessor];
    while (accessor.width > kWordBytes && to < end && accesses[to] == in_word &&
           (!write || writes->replaced[to] == writes->replaced[from]))
      to++;
    Access access = access_of(accessor, in_word, from * kWordBytes, to * kWordBytes);
    if (write && writes->replaced[from].accessor != 0) {
      const Accessor& by = words.accessors[writes->replaced[from].accessor];
      access.replaced = {writes->replaced[from].lanes, by.clock, by.instruction, by.write};
    }
    insert(*tail, access);
    *tail = &this->access(**tail).next;
  }
}

void ShadowMemory::words_to_list(uint32_t row, uint32_t cell) {
  const bool is_written = words.find_writes(row) != nullptr;
  uint32_t* tail = &cells_[row][cell];
  if (is_written) append_words(&tail, row, cell, true);
  append_words(&tail, row, cell, false);
  for (uint32_t word = cell * kWordsPerCell; word < (cell + 1) * kWordsPerCell; word++) {
    words.put(words.reads(row)[word], {});
    if (!is_written) continue;
    words.put(words.writes(row).latest[word], {});
    words.put(words.writes(row).replaced[word], {});
  }
  mark_in_list(row, cell, true);
}

bool ShadowMemory::list_fits_words(uint32_t list) const {
  uint32_t count = 0;
  std::bitset<kRowBytes> taken[2];  // [write], by words
  for (uint32_t i = list; i != 0; i = access(i).next) {
    const Access& one = access(i);
    if (count++ == kMostInWords || !fits_words(one)) return false;
    for (uint32_t at = one.begin; at < one.end; at += kWordBytes) {
      if (taken[one.write].test(at)) return false;
      taken[one.write].set(at);
    }
  }
  return true;
}

void ShadowMemory::list_to_words(uint32_t row, uint32_t cell) {
  uint32_t& list = cells_[row][cell];
  if (!list_fits_words(list)) return;
  mark_in_list(row, cell, false);
  while (list != 0) {
    const Access moved = access(list);
    remove(&list);
    const uint32_t accessor = words.accessors.add(moved);
    uint32_t replaced = 0;
    if (moved.replaced.clock != 0) {
      Accessor by = moved;
      by.clock = moved.replaced.clock;
      by.instruction = moved.replaced.instruction;
      by.write = moved.replaced.write;
      replaced = words.accessors.add(by);
    }
    for (uint32_t at = moved.begin; at < moved.end; at += kWordBytes) {
      const uint32_t index = at / kWordBytes;
      words.put(moved.write ? words.writes(row).latest[index] : words.reads(row)[index],
                {accessor, moved.lanes_at(at, at + kWordBytes)});
      if (replaced != 0) words.put(words.writes(row).replaced[index], {replaced, moved.replaced.lanes});
    }
    words.accessors.release(accessor);
    words.accessors.release(replaced);
  }
}

std::vector<Access> ShadowMemory::writes_of(uint32_t buffer, uint64_t offset) const {
  const uint64_t row = offset / kRowBytes;
  const auto at = static_cast<uint32_t>(offset % kRowBytes);
  if (buffer >= pages_.size() || row / kPageRows >= pages_[buffer].size()) return {};
  const auto& page = pages_[buffer][row / kPageRows];
  if (!page) return {};
  const uint32_t head = (*page)[row % kPageRows];
  return is_split(head) ? writes_in_split(row_of(head), at) : writes_in(head, at);
}

std::vector<Access> ShadowMemory::writes_in(uint32_t list, uint32_t at) const {
  std::vector<Access> writes;
  for (uint32_t i = list; i != 0; i = access(i).next)
    if (access(i).write && access(i).overlaps(at, at + 1)) writes.push_back(access(i));
  return writes;
}

std::vector<Access> ShadowMemory::writes_in_split(uint32_t row, uint32_t at) const {
  const uint32_t word = at / kWordBytes;
  if (words.is_in_list(row, word)) return writes_in(cells_[row][at / kCellBytes], at);
  const auto* const writes = words.find_writes(row);
  if (writes == nullptr || writes->latest[word].accessor == 0) return {};
  const WordAccess latest = writes->latest[word];
  return {access_of(words.accessors[latest.accessor], latest, word * kWordBytes, (word + 1) * kWordBytes)};
}

}  // namespace decode_lab::observers
