// Rows of 128 bytes by their words of 4: who wrote a word last, who has read it since, what the write replaced. A
// scattered access costs 16 bytes per word so, and a look at one cache line.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "machine/grid.h"
#include "observers/access.h"

namespace decode_lab::observers {

// Lanes that access a whole word: each all of it, or side by side where they access fewer bytes than it has.
struct WordAccess {
  uint32_t accessor = 0;  // of Accessors, 0: nobody
  machine::LaneMask lanes = 0;
};

struct Word {
  static constexpr uint32_t kInList = ~uint32_t{0};
  WordAccess write, read;
  bool is_in_list() const { return write.accessor == kInList; }  // its cell's accesses are in a list instead
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
  explicit Accessors(machine::Budget& budget) : budget_(budget) {}
  const Accessor& operator[](uint32_t index) const { return chunks_[index / kChunk][index % kChunk].accessor; }
  const void* place_of(uint32_t index) const { return &chunks_[index / kChunk][index % kChunk]; }
  uint32_t add(const Accessor& accessor);  // with one reference
  void refer(uint32_t index) { at(index).references++; }
  void release(uint32_t index) {
    if (index != 0 && --at(index).references == 0) free_.push_back(index);
  }
  void clear();

 private:
  struct Counted {
    Accessor accessor;
    uint32_t references;
  };
  Counted& at(uint32_t index) { return chunks_[index / kChunk][index % kChunk]; }
  static constexpr uint32_t kChunk = 1024;
  machine::Budget& budget_;
  std::vector<std::unique_ptr<Counted[]>> chunks_;
  std::vector<uint32_t> free_;
  uint32_t used_ = 1;
};

class WordRows {
 public:
  static constexpr uint32_t kWords = 32;
  using Row = std::array<Word, kWords>;

  explicit WordRows(machine::Budget& budget) : accessors(budget), budget_(budget) {}

  uint32_t add();  // an empty row
  Row& row(uint32_t index) { return chunks_[index / kChunk][index % kChunk]; }
  const Row& row(uint32_t index) const { return chunks_[index / kChunk][index % kChunk]; }
  // Puts `access` in place of what is there.
  void put(WordAccess& place, WordAccess access) {
    if (access.accessor != 0) accessors.refer(access.accessor);
    accessors.release(place.accessor);
    place = access;
  }
  WordAccess replaced(uint32_t row, uint32_t word) const {
    return replaced_[row] ? (*replaced_[row])[word] : WordAccess{};
  }
  void put_replaced(uint32_t row, uint32_t word, WordAccess access);
  void clear();

  Accessors accessors;

 private:
  // 2 MiB, so that the system can back a chunk by one page.
  static constexpr uint32_t kChunk = (2u << 20) / sizeof(Row);
  struct Free {
    void operator()(Row* rows) const;
  };
  machine::Budget& budget_;
  std::vector<std::unique_ptr<Row[], Free>> chunks_;
  std::vector<std::unique_ptr<std::array<WordAccess, kWords>>> replaced_;  // [row], null: nothing
  uint32_t used_ = 0;
};

}  // namespace decode_lab::observers
