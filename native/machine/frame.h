// One activation of a function: the registers of the lanes that called it together, and where their stacks stand.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "machine/lane_mask.h"
#include "machine/program.h"
#include "machine/register_file.h"

namespace decode_lab::machine {

struct Frame {
  Frame(uint32_t of, size_t register_bytes) : procedure(of), rows(register_bytes) {}

  uint32_t procedure;
  Frame* caller = nullptr;  // null: the entry's
  uint32_t call = 0;        // the operation that called it
  uint32_t depth = 0;
  LaneMask lanes = 0;                       // those that are in it or in what it calls
  uint64_t stack_begin = 0, stack_end = 0;  // of its local memory, bytes of each thread's stack
  std::vector<Frame*> callees;              // that are active
  RegisterRows rows;
};

// Makes frames and takes them back for the next call of the same function.
class FramePool {
 public:
  Frame* take(uint32_t procedure, size_t register_bytes) {
    if (idle_.size() <= procedure) idle_.resize(procedure + 1);
    if (idle_[procedure].empty()) return frames_.emplace_back(std::make_unique<Frame>(procedure, register_bytes)).get();
    Frame* const frame = idle_[procedure].back();
    idle_[procedure].pop_back();
    return frame;
  }
  bool has_idle(uint32_t procedure) const { return procedure < idle_.size() && !idle_[procedure].empty(); }
  void give_back(Frame* frame) {
    frame->callees.clear();
    idle_[frame->procedure].push_back(frame);
  }

 private:
  std::vector<std::unique_ptr<Frame>> frames_;
  std::vector<std::vector<Frame*>> idle_;  // [procedure]
};

}  // namespace decode_lab::machine
