// mbarrier objects (PTX ISA 9.7.13.15): 64 bits of shared memory whose format is this machine's own, and what the
// threads that arrive tell those that wait for the phase.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "machine/causality_order.h"

namespace decode_lab::machine {

struct MbarrierState {
  uint32_t expected;     // arrivals of a phase
  uint32_t pending;      // still to come
  int32_t transactions;  // tx-count
  bool phase;            // parity

  static constexpr uint32_t kMostArrivals = (1 << 20) - 1;
  static constexpr int32_t kMostTransactions = (1 << 20) - 1;
  uint64_t pack() const;
  static MbarrierState unpack(uint64_t bits);
};

class Mbarriers {
 public:
  using Past = CausalityOrder::Past;

  // Takes `count` arrivals off; returns why that cannot be.
  std::optional<std::string> arrive(uint64_t offset, MbarrierState& state, uint32_t count, const Past& past);
  // Adds to the tx-count; completes the phase if nothing is missing.
  std::optional<std::string> transact(uint64_t offset, MbarrierState& state, int64_t count);
  // What the threads told that arrived in the last phase that is complete.
  const Past& completed(uint64_t offset) { return phases_[offset].completed; }
  bool empty() const { return phases_.empty(); }
  // Weak writes, mbarrier.init and .inval among them, end the objects at these bytes and what their phases told.
  void overwrite(uint64_t offset, uint64_t bytes);
  void clear() { phases_.clear(); }

 private:
  struct Phases {
    Past arriving, completed;
  };
  void complete_if_full(uint64_t offset, MbarrierState& state);

  std::map<uint64_t, Phases> phases_;  // by byte of shared memory
};

}  // namespace decode_lab::machine
