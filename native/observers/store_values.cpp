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

Likeness compare_with_memory(const machine::Request& request, uint32_t lane, CellBytes cell) {
  for (uint32_t i = 0; i < 4; i++) {
    if ((cell.bytes >> i & 1) == 0) continue;
    const std::byte stored = stored_by(request, lane)[cell.start + i - request.offset[lane]];
    if (stored != request.buffer[lane]->host[cell.start + i]) return Likeness::different;
  }
  return Likeness::same;
}

std::optional<Likeness> compare_with_lanes(const machine::Request& request, uint32_t lane, machine::LaneMask lanes,
                                           CellBytes cell) {
  std::optional<Likeness> worst;
  const uint64_t bytes = request.operation->memory.bytes();
  machine::for_each_lane(lanes & request.lanes & (machine::lane_bit(lane) - 1), [&](uint32_t other) {
    if (request.buffer[other] != request.buffer[lane]) return;
    uint64_t first = UINT64_MAX, last = 0;
    bool same = true;
    for (uint32_t i = 0; i < 4; i++) {
      const uint64_t at = cell.start + i;
      if ((cell.bytes >> i & 1) == 0 || at < request.offset[other] || at >= request.offset[other] + bytes) continue;
      first = std::min(first, at);
      last = at;
      same = same && stored_by(request, lane)[at - request.offset[lane]] ==
                         stored_by(request, other)[at - request.offset[other]];
    }
    if (first > last) return;
    const bool near = !same && elements_near(request, lane, other, first, last + 1);
    worst = std::max(worst.value_or(Likeness::same), same   ? Likeness::same
                                                     : near ? Likeness::near
                                                            : Likeness::different);
  });
  return worst;
}

}  // namespace decode_lab::observers
