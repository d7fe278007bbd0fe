// What all CTAs of a launch share.
#pragma once
#include <atomic>
#include <chrono>
#include <vector>

#include "launch.h"
#include "machine/buffer.h"
#include "machine/observation_order.h"
#include "machine/program.h"

namespace decode_lab::machine {

// Why a run ends before its last CTA has.
enum class Stop : uint8_t { none, instructions, seconds, trapped, deadlocked, cancelled };

// The limits of a launch, shared by its workers.
class Budget {
 public:
  // `host_bytes`: what the launch holds already.
  Budget(const Limits& limits, uint64_t host_bytes)
      : limits_(limits), start_(std::chrono::steady_clock::now()), host_bytes_(host_bytes) {}

  // Charges `instructions` and says whether the run may go on.
  Stop charge(uint64_t instructions) {
    const uint64_t spent = instructions_.fetch_add(instructions, std::memory_order_relaxed) + instructions;
    if (spent > limits_.instructions) return Stop::instructions;
    if (seconds() > limits_.seconds) return Stop::seconds;
    return cancelled_.load(std::memory_order_relaxed) ? Stop::cancelled : Stop::none;
  }
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  void charge_host_bytes(uint64_t bytes);  // throws HOST_MEMORY
  bool has_host_bytes(uint64_t bytes) const {
    return host_bytes_.load(std::memory_order_relaxed) + bytes <= limits_.host_bytes;
  }
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  uint64_t host_bytes() const { return host_bytes_.load(std::memory_order_relaxed); }
  uint64_t instructions() const { return instructions_.load(std::memory_order_relaxed); }

 private:
  Limits limits_;
  std::chrono::steady_clock::time_point start_;
  std::atomic<uint64_t> instructions_{0};
  std::atomic<uint64_t> host_bytes_;
  std::atomic<bool> cancelled_{false};
};

struct Grid {
  const Launch& launch;
  const Program& program;
  std::vector<Buffer>& global;        // buffer i lies in region i + 1, see address_space.h
  Buffer& constant;                   // all .const variables
  std::vector<std::byte> parameters;  // the entry's parameter block
  uint64_t workspace;                 // of a cooperative launch, for its grid barrier: device address, else 0
  ObservationOrder observation{};     // of global memory
  uint64_t ctas() const { return uint64_t{launch.grid[0]} * launch.grid[1] * launch.grid[2]; }
  uint32_t threads() const { return launch.block[0] * launch.block[1] * launch.block[2]; }
};

}  // namespace decode_lab::machine
