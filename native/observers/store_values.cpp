#include "observers/store_values.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace decode_lab::observers {

namespace {

constexpr uint64_t kMostUlps =
    4;  // Triton's reductions store one sum from several lanes that added in different orders

template <class Word>
bool is_normal(Word bits) {
  constexpr int kMantissa = sizeof(Word) == 8 ? 52 : 23, kExponent = sizeof(Word) == 8 ? 11 : 8;
  const Word exponent = bits >> kMantissa & ((Word{1} << kExponent) - 1);
  return exponent != 0 && exponent != (Word{1} << kExponent) - 1;  // small integers look like subnormals
}

// Distance in units in the last place of two normal numbers of one sign.
template <class Word>
bool near(const std::byte* a, const std::byte* b) {
  Word x, y;
  std::memcpy(&x, a, sizeof(Word));
  std::memcpy(&y, b, sizeof(Word));
  if (!is_normal(x) || !is_normal(y) || (x ^ y) >> (sizeof(Word) * 8 - 1) != 0) return false;
  return (x > y ? x - y : y - x) <= kMostUlps;
}

const std::byte* stored_by(const machine::Request& request, uint32_t lane) {
  return request.stored + size_t{lane} * request.operation->memory.bytes();
}

// The elements of `lane` and `other` that overlap [begin, end), where both store the same range.
bool elements_near(const machine::Request& request, uint32_t lane, uint32_t other, uint64_t begin, uint64_t end) {
  const auto& memory = request.operation->memory;
  const uint64_t offset = request.offset[lane], other_offset = request.offset[other], width = memory.element_bytes;
  if (!memory.holds_floats || (offset - other_offset) % width != 0) return false;
  for (uint64_t at = offset + (begin - offset) / width * width; at < end; at += width) {
    if (at < other_offset || at + width > other_offset + memory.bytes()) return false;
    const std::byte *a = stored_by(request, lane) + (at - offset), *b = stored_by(request, other) + (at - other_offset);
    if (std::memcmp(a, b, width) != 0 && !(width == 8 ? near<uint64_t>(a, b) : near<uint32_t>(a, b))) return false;
  }
  return true;
}

}  // namespace

Likeness compare_with_memory(const machine::Request& request, uint32_t lane, uint64_t begin, uint64_t end) {
  const std::byte* const stored = stored_by(request, lane) + (begin - request.offset[lane]);
  return std::memcmp(stored, request.buffer[lane]->host + begin, end - begin) == 0 ? Likeness::same
                                                                                   : Likeness::different;
}

std::optional<Likeness> compare_with_lanes(const machine::Request& request, uint32_t lane, machine::LaneMask lanes,
                                           uint64_t begin, uint64_t end) {
  std::optional<Likeness> worst;
  machine::for_each_lane(lanes & request.lanes & (machine::lane_bit(lane) - 1), [&](uint32_t other) {
    const uint64_t from = std::max(begin, request.offset[other]);
    const uint64_t to = std::min(end, request.offset[other] + request.operation->memory.bytes());
    if (request.buffer[other] != request.buffer[lane] || from >= to) return;
    const std::byte* const a = stored_by(request, lane) + (from - request.offset[lane]);
    const std::byte* const b = stored_by(request, other) + (from - request.offset[other]);
    const Likeness likeness = std::memcmp(a, b, to - from) == 0               ? Likeness::same
                              : elements_near(request, lane, other, from, to) ? Likeness::near
                                                                              : Likeness::different;
    worst = std::max(worst.value_or(Likeness::same), likeness);
  });
  return worst;
}

}  // namespace decode_lab::observers
