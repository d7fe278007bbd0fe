#include "observers/word_rows.h"

namespace decode_lab::observers {

uint32_t Accessors::add(const Accessor& accessor) {
  uint32_t index = used_;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else {
    counted_.grow(++used_);
  }
  counted_[index] = {accessor, 1};
  return index;
}

void Accessors::clear() {
  free_.clear();
  used_ = 1;
}

uint32_t WordRows::add() {
  reads_.grow(used_ + 1);
  if (used_ == writes_.size()) writes_.emplace_back();
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
