#include "observers/store_values.h"

#include <algorithm>
#include <cstring>

namespace decode_lab::observers {

namespace {

// Units in the last place that two floats may differ by and still be one value computed in two orders.
constexpr uint64_t kMostUlps = 4;
// Sums that all lanes of a warp made from the same terms by exchanges differ by more where terms cancel: 2^-10 of the
// value in single precision still tells them from sums of other terms.
constexpr uint64_t kMostUlpsOfReductions = 1 << 13;

// Word: the number's bits; its sign is the top one.
template <class Word>
bool near(Word x, Word y, uint64_t most_ulps) {
  constexpr Word kSign = static_cast<Word>(Word{1} << (sizeof(Word) * 8 - 1));
  if (((x ^ y) & kSign) != 0) return false;
  return static_cast<uint64_t>(x > y ? x - y : y - x) <= most_ulps;
}

template <class Word>
bool words_near(const std::byte* a, const std::byte* b, uint64_t most_ulps) {
  Word x, y;
  std::memcpy(&x, a, sizeof(Word));
  std::memcpy(&y, b, sizeof(Word));
  return near(x, y, most_ulps);
}

bool element_near(const machine::MemoryAccess& memory, const std::byte* a, const std::byte* b) {
  using machine::StoredNumbers;
  const uint64_t wide_ulps = memory.reduced ? kMostUlpsOfReductions : kMostUlps;
  switch (memory.numbers) {
    case StoredNumbers::half:
      return words_near<uint16_t>(a, b, kMostUlps);
    case StoredNumbers::half_pair:
      return words_near<uint16_t>(a, b, kMostUlps) && words_near<uint16_t>(a + 2, b + 2, kMostUlps);
    case StoredNumbers::single_precision:
      return words_near<uint32_t>(a, b, wide_ulps);
    case StoredNumbers::double_precision:
      return words_near<uint64_t>(a, b, wide_ulps);
    case StoredNumbers::unknown:
      break;
  }
  return false;
}

const std::byte* stored_by(const machine::Request& request, uint32_t lane) {
  return request.stored + size_t{lane} * request.bytes;
}

// The elements of `lane` and `other` that overlap [begin, end), where both store the same range.
bool elements_near(const machine::Request& request, uint32_t lane, uint32_t other, Bytes bytes) {
  const auto& memory = request.operation->memory;
  const uint64_t offset = request.place_of(lane).offset, other_offset = request.place_of(other).offset,
                 width = memory.element_bytes;
  if ((offset - other_offset) % width != 0) return false;
  for (uint64_t at = offset + (bytes.begin - offset) / width * width; at < bytes.end; at += width) {
    if (at < other_offset || at + width > other_offset + request.bytes) return false;
    const std::byte *a = stored_by(request, lane) + (at - offset), *b = stored_by(request, other) + (at - other_offset);
    if (std::memcmp(a, b, width) != 0 && !element_near(memory, a, b)) return false;
  }
  return true;
}

}  // namespace

bool differs_from_memory(const machine::Request& request, machine::LaneMask lanes, Bytes bytes) {
  if (request.stored == nullptr) return true;
  const uint32_t lane = machine::lowest_lane(lanes);
  return differs_from_memory(request, lane, request.place_of(lane), bytes);
}

bool differs_from_memory(const machine::Request& request, uint32_t lane, const machine::Place& place, Bytes bytes) {
  return std::memcmp(stored_by(request, lane) + (bytes.begin - place.offset), place.buffer->host + bytes.begin,
                     bytes.end - bytes.begin) != 0;
}

std::optional<Likeness> compare_with_lanes(const machine::Request& request, uint32_t lane, machine::LaneMask lanes,
                                           Bytes bytes) {
  std::optional<Likeness> worst;
  const machine::Place place = request.place_of(lane);
  machine::for_each_lane(lanes & request.lanes & (machine::lane_bit(lane) - 1), [&](uint32_t other) {
    const machine::Place other_place = request.place_of(other);
    const Bytes common{std::max(bytes.begin, other_place.offset),
                       std::min(bytes.end, other_place.offset + request.bytes)};
    if (other_place.buffer != place.buffer || common.begin >= common.end) return;
    const bool same =
        std::memcmp(stored_by(request, lane) + (common.begin - place.offset),
                    stored_by(request, other) + (common.begin - other_place.offset), common.end - common.begin) == 0;
    const bool near = !same && elements_near(request, lane, other, common);
    worst = std::max(worst.value_or(Likeness::same), same   ? Likeness::same
                                                     : near ? Likeness::near
                                                            : Likeness::different);
  });
  return worst;
}

}  // namespace decode_lab::observers
