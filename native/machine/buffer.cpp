#include "machine/buffer.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace decode_lab::machine {

ByteNotes::ByteNotes(size_t size, uint8_t initial)
    : size_(size), notes_(static_cast<uint8_t*>(std::calloc(size + 1, 1))), touched_((size >> kPageBits) + 1) {
  if (notes_ == nullptr) throw std::bad_alloc();
  if (initial != 0) std::memset(notes_, initial, size);
}

ByteNotes::~ByteNotes() { std::free(notes_); }

ByteNotes::ByteNotes(ByteNotes&& other) noexcept
    : size_(other.size_), notes_(std::exchange(other.notes_, nullptr)), touched_(std::move(other.touched_)) {}

void ByteNotes::reset(uint8_t initial) {
  for (uint64_t page = 0; page < pages(); page++) {
    if (!page_touched(page)) continue;
    const uint64_t begin = page << kPageBits;
    if (begin < size_)
      std::memset(notes_ + begin, initial, std::min<uint64_t>(size_ - begin, uint64_t{1} << kPageBits));
    touched_[page] = 0;
  }
}

}  // namespace decode_lab::machine
