#include "observers/traffic.h"

#include <algorithm>
#include <array>

#include "machine/memory.h"

namespace decode_lab::observers {

using machine::kLanes;
using machine::LaneMask;
using machine::Request;

namespace {

constexpr uint64_t kSectorBytes = 32;
constexpr uint32_t kBanks = 32, kBankBytes = 4;

// Up to `kMost` numbers, of which the distinct ones are counted. They are compared all with all: vectors do that faster
// than they sort.
template <size_t kMost>
class Numbers {
 public:
  void add(uint64_t number) {
    if (count_ == 0 || numbers_[count_ - 1] != number) numbers_[count_++] = number;
  }
  template <class Visit>
  void for_each_distinct(Visit&& visit) const {
    for (uint32_t i = 0; i < count_; i++) {
      const uint64_t number = numbers_[i];
      uint64_t known = 0;
      for (uint32_t j = 0; j < i; j++) known |= static_cast<uint64_t>(numbers_[j] == number);
      if (known == 0) visit(number);
    }
  }

 private:
  std::array<uint64_t, kMost> numbers_;
  uint32_t count_ = 0;
};

bool is_within_one_buffer(const Request& request) {
  const machine::Buffer* const first = request.spans.front().place.buffer;
  return std::all_of(request.spans.begin(), request.spans.end(),
                     [first](const machine::Span& span) { return span.place.buffer == first; });
}

// Distinct 32-byte sectors that the lanes of one request touch in a buffer, or in all; an aligned access lies within
// one.
uint64_t sectors_of(const Request& request, const machine::Buffer* only) {
  Numbers<size_t{kLanes} * machine::kMostBytesPerLane / kSectorBytes + kLanes> sectors;
  for (const machine::Span& span : request.spans) {
    if (only != nullptr && span.place.buffer != only) continue;
    const uint64_t begin = span.place.buffer->base + span.place.offset, end = begin + span.bytes(request.bytes);
    if (request.spans.size() == 1) return (end - 1) / kSectorBytes - begin / kSectorBytes + 1;
    for (uint64_t sector = begin / kSectorBytes; sector * kSectorBytes < end; sector++) sectors.add(sector);
  }
  uint64_t count = 0;
  sectors.for_each_distinct([&](uint64_t) { count++; });
  return count;
}

struct Wavefronts {
  uint64_t needed, ideal;
};

// Words side by side: one wavefront for every 32 of them.
uint64_t span_wavefronts(uint64_t begin, uint64_t end) {
  return ((end - 1) / kBankBytes - begin / kBankBytes) / kBanks + 1;
}

// Lanes of one phase are served together; lanes that want different words of one bank take a wavefront each.
uint64_t wavefronts_of_phase(const Request& request, LaneMask lanes) {
  Numbers<size_t{kLanes} * 4> words;
  for (const machine::Span& span : request.spans) {
    const LaneMask served = span.lanes & lanes;
    if (served == 0) continue;
    const uint64_t begin = span.offset_of(machine::lowest_lane(served), request.bytes);
    const uint64_t end = begin + (span.together ? 1 : machine::lane_count(served)) * request.bytes;
    if (served == lanes) return span_wavefronts(begin, end);
    for (uint64_t word = begin / kBankBytes; word * kBankBytes < end; word++) words.add(word);
  }
  std::array<uint32_t, kBanks> wanted{};
  words.for_each_distinct([&](uint64_t word) { wanted[word % kBanks]++; });
  return *std::max_element(wanted.begin(), wanted.end());
}

// 8-byte accesses are served by half warps, 16-byte accesses by quarter warps.
Wavefronts wavefronts_of(const Request& request) {
  const uint32_t phases = std::max(1u, request.bytes / kBankBytes);
  const uint32_t lanes_per_phase = kLanes / std::min(phases, 4u);
  Wavefronts result{0, 0};
  for (uint32_t first = 0; first < kLanes; first += lanes_per_phase) {
    const LaneMask phase =
        request.lanes & ((lanes_per_phase == kLanes ? ~LaneMask{0} : (LaneMask{1} << lanes_per_phase) - 1) << first);
    if (phase == 0) continue;
    result.needed += wavefronts_of_phase(request, phase);
    result.ideal++;
  }
  return result;
}

template <class Counts>
void add(Counts& to, const Counts& from) {
  auto* const sums = reinterpret_cast<uint64_t*>(&to);
  const auto* const parts = reinterpret_cast<const uint64_t*>(&from);
  for (size_t i = 0; i < sizeof(Counts) / sizeof(uint64_t); i++) sums[i] += parts[i];
}

}  // namespace

void Traffic::request(const Request& request) {
  if (request.kind != Request::Kind::store) count(request, true);
  if (request.writes()) count(request, false);
}

void Traffic::count(const Request& request, bool is_load) {
  if (request.space == ptx::StateSpace::global) {
    const uint64_t bytes = uint64_t{machine::lane_count(request.lanes)} * request.bytes;
    (is_load ? global_.load_requests : global_.store_requests) += 1;
    (is_load ? global_.load_sectors : global_.store_sectors) += count_sectors(request, is_load);
    (is_load ? global_.load_bytes : global_.store_bytes) += bytes;
  } else if (request.space == ptx::StateSpace::shared) {
    const Wavefronts wavefronts = wavefronts_of(request);
    (is_load ? shared_.load_requests : shared_.store_requests) += 1;
    (is_load ? shared_.load_wavefronts : shared_.store_wavefronts) += wavefronts.needed;
    shared_.bank_conflicts += wavefronts.needed - wavefronts.ideal;
  }
}

uint64_t Traffic::count_sectors(const Request& request, bool is_load) {
  uint64_t sum = 0;
  const auto count_in = [&](const machine::Buffer& buffer, uint64_t count) {
    if (buffer.index >= sectors_.size()) sectors_.resize(buffer.index + 1);
    (is_load ? sectors_[buffer.index].loaded : sectors_[buffer.index].stored) += count;
    sum += count;
  };
  if (is_within_one_buffer(request)) {
    count_in(*request.spans.front().place.buffer, sectors_of(request, nullptr));
    return sum;
  }
  std::vector<const machine::Buffer*> buffers;
  for (const machine::Span& span : request.spans) buffers.push_back(span.place.buffer);
  std::sort(buffers.begin(), buffers.end());
  buffers.erase(std::unique(buffers.begin(), buffers.end()), buffers.end());
  for (const machine::Buffer* const buffer : buffers) count_in(*buffer, sectors_of(request, buffer));
  return sum;
}

void Traffic::merge(const Traffic& other) {
  if (sectors_.size() < other.sectors_.size()) sectors_.resize(other.sectors_.size());
  for (size_t i = 0; i < other.sectors_.size(); i++) add(sectors_[i], other.sectors_[i]);
  add(global_, other.global_);
  add(shared_, other.shared_);
}

}  // namespace decode_lab::observers
