#include "machine/mbarriers.h"

#include <utility>

namespace decode_lab::machine {

namespace {
constexpr uint32_t kCountBits = 20, kTransactionBits = 21;
constexpr uint64_t low(uint64_t bits, uint32_t count) { return bits & ((uint64_t{1} << count) - 1); }
constexpr uint64_t kBytes = sizeof(uint64_t);
}  // namespace

uint64_t MbarrierState::pack() const {
  return low(expected, kCountBits) | low(pending, kCountBits) << kCountBits |
         low(static_cast<uint64_t>(static_cast<int64_t>(transactions)), kTransactionBits) << (2 * kCountBits) |
         uint64_t{phase} << 63;
}

MbarrierState MbarrierState::unpack(uint64_t bits) {
  const uint64_t field = low(bits >> (2 * kCountBits), kTransactionBits);
  const bool is_negative = (field >> (kTransactionBits - 1)) != 0;
  return {static_cast<uint32_t>(low(bits, kCountBits)), static_cast<uint32_t>(low(bits >> kCountBits, kCountBits)),
          static_cast<int32_t>(static_cast<int64_t>(field) - (is_negative ? int64_t{1} << kTransactionBits : 0)),
          bits >> 63 != 0};
}

void Mbarriers::complete_if_full(uint64_t offset, MbarrierState& state) {
  if (state.pending != 0 || state.transactions != 0) return;
  state.phase = !state.phase;
  state.pending = state.expected;
  Phases& phases = phases_[offset];
  phases.completed = std::exchange(phases.arriving, {});
}

std::optional<std::string> Mbarriers::arrive(uint64_t offset, MbarrierState& state, uint32_t count, const Past& past) {
  if (count > state.pending)
    return std::to_string(count) + " arrivals at an mbarrier that awaits " + std::to_string(state.pending);
  phases_[offset].arriving.join(past);
  state.pending -= count;
  complete_if_full(offset, state);
  return std::nullopt;
}

std::optional<std::string> Mbarriers::transact(uint64_t offset, MbarrierState& state, int64_t count) {
  const int64_t sum = state.transactions + count;
  if (sum > MbarrierState::kMostTransactions || sum < -MbarrierState::kMostTransactions)
    return "a tx-count of " + std::to_string(sum) + ", beyond ±" + std::to_string(MbarrierState::kMostTransactions);
  state.transactions = static_cast<int32_t>(sum);
  complete_if_full(offset, state);
  return std::nullopt;
}

void Mbarriers::overwrite(uint64_t offset, uint64_t bytes) {
  phases_.erase(phases_.lower_bound(offset < kBytes ? 0 : offset - kBytes + 1), phases_.lower_bound(offset + bytes));
}

}  // namespace decode_lab::machine
