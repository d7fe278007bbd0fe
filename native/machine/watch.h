// What a worker's CTAs do while somebody asks whether they only wait: did anything change, and what is read again and
// again. Off but for the few moments that SpinProof asks for.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "machine/observer.h"

namespace decode_lab::machine {

class Watch {
 public:
  // Bytes that lanes of one warp have read by one instruction.
  struct Read {
    uint32_t instruction;
    const Buffer* buffer;
    uint64_t offset;
    uint32_t bytes;
    bool is_strong;
    LaneMask lanes;
  };

  void start() {
    on_ = true;
    changed_ = false;
  }
  void stop() { on_ = false; }
  bool is_on() const { return on_; }

  // Something happened that other threads may learn of, or that does not follow from the registers and memory alone:
  // bytes of memory took other values, threads arrived at a barrier or exited, a clock was read.
  void change() { changed_ = true; }
  bool changed() const { return changed_; }

  // Of the one warp that runs: which lanes made a step, and whether lanes exchanged something among them.
  void step(LaneMask lanes) { stepped_ |= lanes; }
  LaneMask take_stepped() { return std::exchange(stepped_, 0); }
  void converge(LaneMask lanes) {
    stepped_ |= lanes;
    converged_ = true;
  }
  bool converged() const { return converged_; }
  void begin_warp();
  [[gnu::cold]] void note_read(const Request& request);
  void forget_reads(LaneMask lanes);
  const std::vector<Read>& reads() const { return reads_; }
  bool has_all_reads() const { return has_all_reads_; }

 private:
  static constexpr size_t kMostReads = 64;

  bool on_ = false, changed_ = false, converged_ = false, has_all_reads_ = true;
  LaneMask stepped_ = 0;
  std::vector<Read> reads_;
};

}  // namespace decode_lab::machine
