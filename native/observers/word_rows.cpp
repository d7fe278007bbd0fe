#include "observers/word_rows.h"

#include <sys/mman.h>

#include <new>

namespace decode_lab::observers {

uint32_t Accessors::add(const Accessor& accessor) {
  uint32_t index = used_;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else {
    used_++;
    if (index / kChunk >= chunks_.size()) {
      budget_.charge_host_bytes(kChunk * (sizeof(Counted) + sizeof(uint32_t)));
      chunks_.push_back(std::make_unique_for_overwrite<Counted[]>(kChunk));
    }
  }
  at(index) = {accessor, 1};
  return index;
}

void Accessors::clear() {
  free_.clear();
  used_ = 1;
}

void WordRows::Free::operator()(Row* rows) const { munmap(rows, kChunk * sizeof(Row)); }

uint32_t WordRows::add() {
  if (used_ / kChunk >= chunks_.size()) {
    constexpr size_t kBytes = kChunk * sizeof(Row);
    budget_.charge_host_bytes(kBytes + kChunk * sizeof(replaced_[0]));
    void* const rows = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (rows == MAP_FAILED) throw std::bad_alloc();
    chunks_.emplace_back(static_cast<Row*>(rows));
    if (chunks_.size() > 1) madvise(rows, kBytes, MADV_HUGEPAGE);  // helps where the addresses happen to be aligned
    replaced_.resize(chunks_.size() * kChunk);
  }
  row(used_).fill({});
  if (replaced_[used_]) replaced_[used_]->fill({});
  return used_++;
}

void WordRows::put_replaced(uint32_t row, uint32_t word, WordAccess access) {
  if (!replaced_[row]) {
    if (access.accessor == 0) return;
    budget_.charge_host_bytes(sizeof(*replaced_[row]));
    replaced_[row] = std::make_unique<std::array<WordAccess, kWords>>();
  }
  put((*replaced_[row])[word], access);
}

void WordRows::clear() {
  used_ = 0;
  accessors.clear();
}

}  // namespace decode_lab::observers
