// Findings of one worker: occurrences with the same pair of instructions are one finding with a count, and the example
// kept is the gravest, then the smallest, so that the log does not depend on the order in which CTAs ran.
#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "machine/operation.h"
#include "ptx/types.h"

namespace decode_lab::observers {

enum class Check : uint8_t { races, bounds, alignment, initialised, barriers };

// In the order of gravity within a check: a later one replaces an earlier one as the class of a finding.
enum class FindingClass : uint8_t {
  same_value_write,
  near_value_write,
  strong_unsynchronised,
  intra_warp,
  intra_cta_shared,
  intra_cta_global,
  inter_cta_global,
  scope_mismatch,
  mixed_size_atomic,
  async_copy_not_waited,
  out_of_bounds,
  read_only,
  wrong_space,
  misaligned,
  uninitialised_read,
  barrier_reused_early,
  mixed_barrier_forms,
  divergent_barrier,
  lane_not_in_mask
};

inline bool is_warning(FindingClass c) { return c <= FindingClass::strong_unsynchronised; }

struct ThreadAt {
  uint64_t cta;  // linear index
  uint32_t warp, lane;
  uint32_t instruction;  // index into the PTX function
  bool writes;
  auto operator<=>(const ThreadAt&) const = default;
};

inline constexpr uint32_t kNoInstruction = ~0u;

struct Occurrence {
  Check check;
  FindingClass finding_class;
  ThreadAt first,
      second;  // ordered by instruction, then thread; second.instruction = kNoInstruction if there is one thread only
  ptx::StateSpace space;
  std::string buffer;
  int64_t offset;  // bytes from the start of the buffer
  uint64_t bytes;
  bool non_coherent;  // one side is ld.global.nc
};

class FindingLog {
 public:
  struct Entry {
    Occurrence example;
    uint64_t count;
    bool crosses_ctas;  // some occurrence is between two CTAs, whatever the example shows
  };
  using Key = std::tuple<Check, uint32_t, uint32_t>;  // check and instructions

  void add(const Occurrence& occurrence) {
    add(occurrence, 1,
        occurrence.second.instruction != kNoInstruction && occurrence.first.cta != occurrence.second.cta);
  }
  void merge(const FindingLog& other);
  const std::map<Key, Entry>& entries() const { return entries_; }

 private:
  void add(const Occurrence& occurrence, uint64_t count, bool crosses_ctas);
  std::map<Key, Entry> entries_;
};

}  // namespace decode_lab::observers
