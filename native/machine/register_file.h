// The registers of one activation: one row of 32 lanes per virtual register; a predicate is one LaneMask.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#include "machine/lane_mask.h"

namespace decode_lab::machine {

using Slot = uint32_t;  // byte offset of a row in the file
inline constexpr Slot kNoSlot = ~Slot{0};
inline constexpr size_t kRowAlignment = 64;  // bytes, one AVX-512 vector

// Memory for the rows of one activation.
class RegisterRows {
 public:
  explicit RegisterRows(size_t bytes) : bytes_(bytes), rows_(static_cast<std::byte*>(::operator new(bytes, kAlign))) {
    std::memset(rows_.get(), 0, bytes_);
  }
  std::byte* data() const { return rows_.get(); }
  size_t size() const { return bytes_; }

 private:
  static constexpr std::align_val_t kAlign{kRowAlignment};
  struct Free {
    void operator()(std::byte* rows) const { ::operator delete(rows, kAlign); }
  };
  size_t bytes_;
  std::unique_ptr<std::byte, Free> rows_;
};

// The rows that the lanes use now.
class RegisterFile {
 public:
  void use(const RegisterRows& rows) { rows_ = rows.data(); }

  template <class T>
  T* row(Slot slot) {
    return std::launder(reinterpret_cast<T*>(rows_ + slot));
  }
  LaneMask& predicate(Slot slot) { return *row<LaneMask>(slot); }

 private:
  std::byte* rows_ = nullptr;
};

}  // namespace decode_lab::machine
