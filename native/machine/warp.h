// 32 lanes with their registers. Lanes that took different branches run as splits, each with a pc and a frame of its
// own.
#pragma once
#include <array>
#include <memory>
#include <vector>

#include "machine/frame.h"
#include "machine/grid.h"
#include "machine/lane_mask.h"
#include "machine/local_memory.h"
#include "machine/observer.h"
#include "machine/register_file.h"

namespace decode_lab::machine {

class Cta;

struct Split {
  enum class State : uint8_t {
    runnable,
    converging,      // at an operation that needs other lanes of the warp, which have not come yet
    at_cta_barrier,  // has arrived
  };
  uint32_t pc;
  LaneMask lanes;
  State state;
  Frame* frame;
};

class Warp {
 public:
  Warp(Cta& cta, uint32_t index, LaneMask lanes);

  void begin();  // a new CTA: zero registers, constants, special registers, one split at the first operation
  // Runs up to `operations`; stops early when no split can go on. Returns how many ran.
  uint64_t run(uint64_t operations);

  bool finished() const { return splits_.empty(); }
  LaneMask lanes() const { return lanes_; }
  LaneMask live() const { return lanes_ & ~exited_; }
  void release(LaneMask lanes);  // from the CTA barrier at which they wait

  uint32_t index() const { return index_; }
  Cta& cta() { return cta_; }
  const Cta& cta() const { return cta_; }
  RegisterFile& registers() { return registers_; }
  template <class T>
  T* row(Slot slot) {
    return registers_.row<T>(slot);
  }
  // The registers of the activation that a split runs.
  template <class T>
  T* row(const Split& split, Slot slot) const {
    return std::launder(reinterpret_cast<T*>(split.frame->rows.data() + slot));
  }
  void enter_split_of(LaneMask lanes);  // makes the registers of the split that holds them the ones in use
  // Host bytes of a passed value for one lane of the frame in use.
  std::byte* host(const ValuePlace& place, uint32_t lane) { return host(*frame_, place, lane); }
  void give(const ValuePlace& place, uint32_t lane, const void* value);  // writes a passed value
  LocalMemory& local() { return local_; }
  uint64_t stack_end() const { return frame_->stack_end; }        // local memory that the frame in use may touch
  uint64_t clock() const { return executed_ + slice_ - *left_; }  // instructions that the warp has executed in its CTA
  const std::vector<Split>& splits() const { return splits_; }
  uint32_t barrier_operand(const Split& split, size_t index) const;  // a, b of the barrier where it stands; 0 = none
  // The lanes that have come to a warp-wide operation, by the membermask that they name.
  std::vector<std::pair<LaneMask, LaneMask>> named_masks(const Split& split, LaneMask lanes) const;
  uint64_t lane_operations() const { return lane_operations_; }

  // Where this warp's latest run of a load began in host memory, for a guess at the next.
  const std::byte*& latest_load(uint32_t instruction) { return latest_loads_[instruction % latest_loads_.size()]; }

  // Words that lanes give each other (shuffles, votes, matches), and the lanes that have given one.
  std::array<uint64_t, kLanes>& exchange() { return exchange_; }
  LaneMask exchange_lanes() const { return exchange_lanes_; }

 private:
  void enter(Frame* frame);  // makes its registers the ones in use
  void enter(size_t split) { enter(splits_[split].frame); }
  std::byte* host(const Frame& frame, const ValuePlace& place, uint32_t lane);
  Split* pick();
  void merge();
  LaneMask guarded(const Operation& operation, LaneMask lanes);
  void step_until_switch(size_t at, uint64_t& left);
  void move(size_t at, LaneMask lanes, uint32_t pc, Split::State state);
  void take_branch(size_t at, const Operation& operation, LaneMask active);
  bool take_indexed_branch(size_t at, const Operation& operation, LaneMask active);
  void exit(size_t at, LaneMask active);
  bool call(size_t at, const Operation& operation, LaneMask active);
  bool call(size_t at, const Operation& operation, const CallSite& site, uint32_t procedure, LaneMask lanes);
  uint32_t resolve(const Operation& operation, const CallSite& site, uint64_t address);
  Frame* open_frame(Frame& caller, uint32_t call, uint32_t procedure, LaneMask lanes);
  const RegisterRows& image(uint32_t procedure);
  void fill(std::byte* rows, const Procedure& procedure);
  void return_to_caller(size_t at, LaneMask active);
  void pass(LaneMask lanes, const Frame& from, const ValuePlace& source, const Frame& to,
            const ValuePlace& destination);
  void leave(Frame* frame, LaneMask lanes);
  struct Participants {
    size_t split;
    LaneMask lanes;
  };
  LaneMask lanes_naming(const Split& split, LaneMask lanes, LaneMask mask) const;
  bool run_convergent(size_t at, LaneMask active);
  void perform_convergent(const std::vector<Participants>& participants, LaneMask mask);
  void reach_cta_barrier(size_t at, const Operation& operation, LaneMask active);
  void keep_one_barrier(size_t at, const Operation& operation);
  void arrive(const std::vector<size_t>& splits);
  bool settle_converging();
  bool settle_cta_barrier(size_t at);
  bool settle_warp_sync(size_t at);
  void report(BarrierMisuse::Kind kind, const Operation& operation, LaneMask lanes, LaneMask missing);

  Cta& cta_;
  uint32_t index_;
  LaneMask lanes_;
  LaneMask exited_ = 0;
  RegisterFile registers_;
  LocalMemory local_;
  Frame entry_;
  Frame* frame_ = nullptr;  // in use
  FramePool frames_;
  std::vector<std::unique_ptr<RegisterRows>> images_;  // [procedure] registers at the start of an activation
  std::vector<Split> splits_;
  std::array<uint64_t, kLanes> exchange_{};
  LaneMask exchange_lanes_ = 0;
  std::array<const std::byte*, 64> latest_loads_{};
  uint64_t slices_ = 0;
  uint64_t executed_ = 0, slice_ = 0;  // operations before this slice, and of it
  const uint64_t* left_ = &slice_;     // of the slice
  uint64_t lane_operations_ = 0;
};

}  // namespace decode_lab::machine
