// The seeded order in which warps take turns. It decides how long a run interleaves, never a verdict.
#pragma once
#include <cstdint>
#include <numeric>
#include <vector>

namespace decode_lab::machine {

// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
class Schedule {
 public:
  explicit Schedule(uint64_t seed) : state_(seed) {}

  uint64_t slice() { return 256 + next() % 1024; }  // operations of one turn of a warp
  uint64_t below(uint64_t limit) { return next() % limit; }

  std::vector<uint32_t> order(uint32_t warps) {
    std::vector<uint32_t> result(warps);
    std::iota(result.begin(), result.end(), 0u);
    for (uint32_t i = warps; i > 1; i--) std::swap(result[i - 1], result[next() % i]);
    return result;
  }

 private:
  uint64_t next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

}  // namespace decode_lab::machine
