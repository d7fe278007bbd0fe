#include "machine/byte_set.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace decode_lab::machine {

namespace {
constexpr uint64_t kSmallWords = 1 << 15;  // beyond this, fresh zero pages are cheaper than clearing
}

ByteSet::ByteSet(uint64_t size) : size_(size), words_(static_cast<uint64_t*>(std::calloc(words(), sizeof(uint64_t)))) {
  if (words_ == nullptr) throw std::bad_alloc();
}

ByteSet::~ByteSet() { std::free(words_); }

ByteSet::ByteSet(ByteSet&& other) noexcept
    : size_(other.size_), words_(std::exchange(other.words_, nullptr)), empty_(other.empty_.load()) {}

uint64_t ByteSet::count() const {
  if (empty_) return 0;
  uint64_t sum = 0;
  for (uint64_t i = 0; i < words(); i++) sum += static_cast<uint64_t>(std::popcount(words_[i]));
  return sum;
}

uint64_t ByteSet::count_with(const ByteSet& other) const {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < words(); i++) sum += static_cast<uint64_t>(std::popcount(words_[i] | other.words_[i]));
  return sum;
}

void ByteSet::add_bits(const std::byte* bits) {
  auto* const own = reinterpret_cast<std::byte*>(words_);
  for (uint64_t i = 0; i < (size_ + 7) / 8; i++) own[i] |= bits[i];
  empty_ = false;
}

void ByteSet::write_bits(std::byte* bits) const {
  const auto* const own = reinterpret_cast<const std::byte*>(words_);
  for (uint64_t i = 0; i < (size_ + 7) / 8; i++) bits[i] |= own[i];
}

void ByteSet::clear() {
  empty_ = true;
  if (words() <= kSmallWords) {
    std::memset(words_, 0, words() * sizeof(uint64_t));
    return;
  }
  std::free(words_);
  words_ = static_cast<uint64_t*>(std::calloc(words(), sizeof(uint64_t)));
  if (words_ == nullptr) throw std::bad_alloc();
}

}  // namespace decode_lab::machine
