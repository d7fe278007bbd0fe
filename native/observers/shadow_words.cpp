// Between the two forms of a split row's cell: accesses by word, and a list of accesses.
#include "observers/shadow_memory.h"

namespace decode_lab::observers {

namespace {

constexpr uint32_t kMostInWords = 8;  // accesses of a list that words of 16 bytes can hold

bool operator==(const WordAccess& a, const WordAccess& b) { return a.accessor == b.accessor && a.lanes == b.lanes; }

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

void ShadowMemory::words_to_list(uint32_t row, uint32_t cell) {
  constexpr uint32_t kWords = kCellBytes / kWordBytes;
  const uint32_t first = cell * kWords, end = first + kWords;
  uint32_t* tail = &cells_[row][cell];
  for (WordAccess Word::*const kind : {&Word::write, &Word::read}) {
    for (uint32_t from = first, to; from < end; from = to) {
      const WordAccess in_word = words.row(row)[from].*kind, replaced = words.replaced(row, from);
      to = from + 1;
      if (in_word.accessor == 0) continue;
      const Accessor& accessor = words.accessors[in_word.accessor];
      while (accessor.width > kWordBytes && to < end && words.row(row)[to].*kind == in_word &&
             (!accessor.write || words.replaced(row, to) == replaced))
        to++;
      Access access = access_of(accessor, in_word, from * kWordBytes, to * kWordBytes);
      if (accessor.write && replaced.accessor != 0) {
        const Accessor& by = words.accessors[replaced.accessor];
        access.replaced = {replaced.lanes, by.clock, by.instruction, by.write};
      }
      insert(tail, access);
      tail = &this->access(*tail).next;
    }
  }
  for (uint32_t word = first; word < end; word++) {
    words.put(words.row(row)[word].write, {});
    words.put(words.row(row)[word].read, {});
    words.put_replaced(row, word, {});
    words.row(row)[word].write.accessor = Word::kInList;
  }
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
  constexpr uint32_t kWords = kCellBytes / kWordBytes;
  for (uint32_t word = cell * kWords; word < (cell + 1) * kWords; word++) words.row(row)[word].write.accessor = 0;
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
      Word& word = words.row(row)[index];
      words.put(moved.write ? word.write : word.read, {accessor, moved.lanes_at(at, at + kWordBytes)});
      if (replaced != 0) words.put_replaced(row, index, {replaced, moved.replaced.lanes});
    }
    words.accessors.release(accessor);
    words.accessors.release(replaced);
  }
}

}  // namespace decode_lab::observers
