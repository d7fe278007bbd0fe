// Rows of 128 bytes by their words of 4: who has read a word, who wrote it last, what the write replaced. A scattered
// read costs 8 bytes per word so, and a look at one cache line; the rest is there only in rows that are written.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "machine/grid.h"
#include "observers/access.h"
#include "observers/chunks.h"

namespace decode_lab::observers {

// Lanes that access a whole word: each all of it, or side by side where they access fewer bytes than it has.
struct WordAccess {
  uint32_t accessor = 0;  // of Accessors, 0: nobody
  machine::LaneMask lanes = 0;
  bool operator==(const WordAccess&) const = default;
};

inline constexpr uint32_t kWordBytes = 4;

// Can the words of [begin, end) hold such an access?
inline bool fits_words(const Access& access) {
  if (access.begin % kWordBytes != 0 || access.end % kWordBytes != 0) return false;
  if (access.width < kWordBytes) return !access.together && access.origin % access.width == 0;
  const bool is_single = !access.together || machine::lane_count(access.lanes) == 1;
  return access.origin % access.width == 0 && (is_single || !access.write);
}

// Accessors, each kept as long as a place refers to it.
class Accessors {
 public:
  explicit Accessors(machine::Budget& budget) : counted_(budget) {}
  const Accessor& operator[](uint32_t index) const { return counted_[index].accessor; }
  void fetch(uint32_t index) const { __builtin_prefetch(&counted_[index]); }
  uint32_t add(const Accessor& accessor);  // with one reference
  void refer(uint32_t index) { counted_[index].references++; }
  void release(uint32_t index) {
    if (index != 0 && --counted_[index].references == 0) free_.push_back(index);
  }
  void clear();

 private:
  struct Counted {
    Accessor accessor;
    uint32_t references;
  };
  Chunks<Counted> counted_;
  std::vector<uint32_t> free_;
  uint32_t used_ = 1;
};

class WordRows {
 public:
  static constexpr uint32_t kWords = 32;
  using Reads = std::array<WordAccess, kWords>;
  struct Writes {
    std::array<WordAccess, kWords> latest, replaced;
  };
  // In place of a word's reader: its cell's accesses are in a list instead.
  static constexpr uint32_t kInList = ~uint32_t{0};

  explicit WordRows(machine::Budget& budget) : accessors(budget), budget_(budget), reads_(budget) {}

  uint32_t add();  // an empty row
  Reads& reads(uint32_t row) { return reads_[row]; }
  const Reads& reads(uint32_t row) const { return reads_[row]; }
  const Writes* find_writes(uint32_t row) const { return writes_[row].get(); }  // null: none
  Writes& writes(uint32_t row);
  bool is_in_list(uint32_t row, uint32_t word) const { return reads(row)[word].accessor == kInList; }
  // Puts `access` in place of what is there.
  void put(WordAccess& place, WordAccess access) {
    if (access.accessor != 0) accessors.refer(access.accessor);
    accessors.release(place.accessor);
    place = access;
  }
  void fetch(uint32_t row, uint32_t word) const {  // it will be looked at soon
    __builtin_prefetch(&reads(row)[word]);
    __builtin_prefetch(&writes_[row]);
  }
  void clear();

  Accessors accessors;

 private:
  machine::Budget& budget_;
  Chunks<Reads> reads_;
  std::vector<std::unique_ptr<Writes>> writes_;  // [row]
  uint32_t used_ = 0;
};

}  // namespace decode_lab::observers
