// A set of the bytes of a buffer: one bit each, in zero pages on demand, so that it costs only what is touched.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace decode_lab::machine {

class ByteSet {
 public:
  explicit ByteSet(uint64_t size);  // throws std::bad_alloc
  ~ByteSet();
  ByteSet(ByteSet&& other) noexcept;
  ByteSet(const ByteSet&) = delete;

  bool contains(uint64_t byte) const {
    return (word(byte >> 6).load(std::memory_order_relaxed) >> (byte & 63) & 1) != 0;
  }
  bool contains_all(uint64_t begin, uint64_t end) const {
    for (uint64_t at = begin; at < end; at = (at | 63) + 1) {
      const uint64_t wanted = bits(at, end);
      if ((word(at >> 6).load(std::memory_order_relaxed) & wanted) != wanted) return false;
    }
    return true;
  }
  // Workers may add different bytes of one word at once.
  void add(uint64_t begin, uint64_t end) {
    for (uint64_t at = begin; at < end; at = (at | 63) + 1) {
      const uint64_t wanted = bits(at, end);
      const auto known = word(at >> 6);
      if ((known.load(std::memory_order_relaxed) & wanted) == wanted) continue;
      known.fetch_or(wanted, std::memory_order_relaxed);
      if (empty_.load(std::memory_order_relaxed)) empty_.store(false, std::memory_order_relaxed);
    }
  }
  void fetch(uint64_t byte) const { __builtin_prefetch(words_ + (byte >> 6), 1); }  // it will be asked for soon
  uint64_t count() const;
  uint64_t count_with(const ByteSet& other) const;  // of both, which have one size
  // As bits, lowest first, in (size + 7) / 8 bytes.
  void add_bits(const std::byte* bits);
  void write_bits(std::byte* bits) const;  // in addition to those set there
  uint64_t size() const { return size_; }
  void clear();

 private:
  std::atomic_ref<uint64_t> word(uint64_t index) const { return std::atomic_ref(words_[index]); }
  // Bits of [at, end) within the word of `at`.
  static uint64_t bits(uint64_t at, uint64_t end) {
    const uint64_t low = at & 63, count = end - at < 64 - low ? end - at : 64 - low;
    return (count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1) << low;
  }
  uint64_t words() const { return size_ / 64 + 1; }

  uint64_t size_;
  uint64_t* words_;
  std::atomic<bool> empty_{true};
};

}  // namespace decode_lab::machine
