// Does a warp wait for ever? While no byte of memory changes, a lane whose whole state has come back after some steps
// will go through the same steps again and again, in whatever order threads take turns. The proof runs the warp
// instruction by instruction until that is so of each of its lanes, the rest waiting for other lanes.
#pragma once
#include <vector>

#include "machine/deadlock.h"
#include "machine/lane_states.h"
#include "machine/watch.h"

namespace decode_lab::machine {

class Cta;

class SpinProof {
 public:
  // The watch is on; what it sees holds for all proofs since it was started.
  SpinProof(Cta& cta, Watch& watch) : cta_(cta), watch_(watch) {}

  // Within so many steps? Ends early with no when anything changes.
  bool holds(uint32_t warp, uint64_t most_steps);
  // What the lanes of the warps that were proven spin on, at most kMostSpins.
  const std::vector<Waiting>& spins() const { return spins_; }
  bool reads_only_shared() const { return reads_only_shared_; }

 private:
  static constexpr size_t kMostSpins = 4096;

  enum class Answer : uint8_t { open, no, yes };

  Answer look(Warp& warp, bool went_on);
  bool settled(const Warp& warp) const;
  void keep(Warp& warp);
  void compare(Warp& warp, LaneMask just_stepped);
  void collect(const Warp& warp);

  Cta& cta_;
  Watch& watch_;
  LaneStates states_;
  LaneMask stepped_ = 0;    // since their states were kept
  LaneMask repeating_ = 0;  // lanes whose state has come back
  bool together_ = false;   // lanes exchange values: their states must come back at the same moment
  bool reads_only_shared_ = true;
  std::vector<Waiting> spins_;
};

}  // namespace decode_lab::machine
