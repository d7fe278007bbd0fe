// Who has accessed which bytes: a short list of accesses per row of 128 bytes, pages on touch. A warp's contiguous
// access is one entry per row. Where scattered accesses come, the row is split: into words, and into a list for each of
// its cells of 16 bytes whose accesses do not fit into words.
#pragma once
#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <vector>

#include "machine/grid.h"
#include "observers/access.h"
#include "observers/word_rows.h"

namespace decode_lab::observers {

class ShadowMemory {
 public:
  static constexpr uint32_t kRowBytes = 128, kCellBytes = 16;
  static constexpr uint32_t kScatteredBytes = 32;  // an access of fewer bytes side by side is one of the scattered

  explicit ShadowMemory(machine::Budget& budget) : words(budget), budget_(budget), accesses_(budget) {}

  // Head of a row of buffer `buffer`: of its list, or of what `row_of` takes.
  uint32_t& head(uint32_t buffer, uint64_t row);
  static bool is_split(uint32_t head) { return (head & kSplit) != 0; }
  static uint32_t row_of(uint32_t head) { return head & ~kSplit; }  // of `words` and `cell`
  void split(uint32_t& head);
  // The list of a cell: empty while the cell's accesses are in its words.
  uint32_t& cell(uint32_t row, uint32_t index) { return cells_[row][index]; }
  void words_to_list(uint32_t row, uint32_t cell);
  void list_to_words(uint32_t row, uint32_t cell);  // if they have room for it
  // Accesses stay where they are until they are removed. In a list, writes come before reads.
  Access& access(uint32_t index) { return accesses_[index]; }
  const Access& access(uint32_t index) const { return accesses_[index]; }
  void insert(uint32_t* link, const Access& access);  // in front of what `link` points to
  void remove(uint32_t* link);                        // unlinks the access that `link` points to
  // Takes [begin, end) away from the access that `link` points to; returns the link to go on from.
  uint32_t* carve(uint32_t* link, uint32_t begin, uint32_t end);
  // Makes [begin, end) of the access that `link` points to an access of its own, in front of the rest.
  Access& isolate(uint32_t* link, uint32_t begin, uint32_t end);
  // The writes of a byte that no later one has replaced.
  std::vector<Access> writes_of(uint32_t buffer, uint64_t offset) const;
  void clear();  // forgets all accesses, keeps the pages

  // Did the two machines' CTAs touch a common byte, one of them writing? Their CTAs are disjoint.
  bool conflicts_with(const ShadowMemory& other) const;

  WordRows words;

 private:
  static constexpr uint32_t kPageRows = 64, kCells = kRowBytes / kCellBytes, kSplit = uint32_t{1} << 31;
  using Page = std::array<uint32_t, kPageRows>;
  struct Touched {
    std::bitset<kRowBytes> read, written;
  };
  Touched touched(uint32_t head) const;
  void add_touched(uint32_t list, Touched& touched) const;
  void append(uint32_t** tail, const Access& access, uint32_t cell);
  bool list_fits_words(uint32_t list) const;
  std::vector<Access> writes_in(uint32_t list, uint32_t at) const;
  std::vector<Access> writes_in_split(uint32_t row, uint32_t at) const;
  void mark_in_list(uint32_t row, uint32_t cell, bool is_in_list);
  void append_words(uint32_t** tail, uint32_t row, uint32_t cell, bool write);

  machine::Budget& budget_;
  std::vector<std::vector<std::unique_ptr<Page>>> pages_;  // [buffer][page]
  std::vector<Page*> touched_;
  std::vector<std::array<uint32_t, kCells>> cells_;  // [split row]
  Chunks<Access> accesses_;
  uint32_t used_ = 1;  // index 0 is no access
  uint32_t free_ = 0;
};

}  // namespace decode_lab::observers
