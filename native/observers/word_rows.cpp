#include "observers/word_rows.h"

#include <sys/mman.h>

#include <cstdlib>
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

void WordRows::Free::operator()(Reads* rows) const { std::free(rows); }

uint32_t WordRows::add() {
  if (used_ / kChunk >= chunks_.size()) {
    constexpr size_t kBytes = kChunk * sizeof(Reads);
    budget_.charge_host_bytes(kBytes + kChunk * sizeof(writes_[0]));
    void* const rows = std::aligned_alloc(kBytes, kBytes);
    if (rows == nullptr) throw std::bad_alloc();
    chunks_.emplace_back(static_cast<Reads*>(rows));
    if (chunks_.size() > 1) madvise(rows, kBytes, MADV_HUGEPAGE);  // the first is often hardly used
    writes_.resize(chunks_.size() * kChunk);
  }
  reads(used_).fill({});
  if (writes_[used_]) *writes_[used_] = {};
  return used_++;
}

WordRows::Writes& WordRows::writes(uint32_t row) {
  if (!writes_[row]) {
    budget_.charge_host_bytes(sizeof(Writes));
    writes_[row] = std::make_unique<Writes>();
  }
  return *writes_[row];
}

void WordRows::clear() {
  used_ = 0;
  accessors.clear();
}

}  // namespace decode_lab::observers
