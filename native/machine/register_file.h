// The registers of one warp: one row of 32 lanes per virtual register; a predicate is one LaneMask.
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

class RegisterFile {
 public:
  explicit RegisterFile(size_t bytes) : bytes_(bytes), rows_(static_cast<std::byte*>(::operator new(bytes, kAlign))) {
    clear();
  }

  template <class T>
  T* row(Slot slot) {
    return std::launder(reinterpret_cast<T*>(rows_.get() + slot));
  }
  LaneMask& predicate(Slot slot) { return *row<LaneMask>(slot); }
  void clear() { std::memset(rows_.get(), 0, bytes_); }

 private:
  static constexpr std::align_val_t kAlign{kRowAlignment};
  struct Free {
    void operator()(std::byte* rows) const { ::operator delete(rows, kAlign); }
  };
  size_t bytes_;
  std::unique_ptr<std::byte, Free> rows_;
};

}  // namespace decode_lab::machine
