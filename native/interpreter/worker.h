// One thread's share of a grid, with observers of its own; the shares are merged when all have ended.
#pragma once
#include <deque>
#include <functional>

#include "interpreter/stall.h"
#include "machine/cta.h"
#include "observers/finding_log.h"
#include "observers/memory_faults.h"
#include "observers/race_detector.h"
#include "observers/traffic.h"

namespace decode_lab::interpreter {

// Hands out CTAs in blocks, in ascending order.
class CtaQueue {
 public:
  CtaQueue(uint64_t ctas, uint64_t workers) : ctas_(ctas), block_(std::max<uint64_t>(1, ctas / (workers * 16))) {}

  struct Block {
    uint64_t begin, end;
  };
  Block next() {
    const uint64_t begin = std::min(ctas_, next_.fetch_add(block_));
    return {begin, std::min(ctas_, begin + block_)};
  }

 private:
  uint64_t ctas_, block_;
  std::atomic<uint64_t> next_{0};
};

class Worker {
 public:
  Worker(machine::Grid& grid, machine::Budget& budget, bool ctas_are_apart)
      : grid_(grid),
        budget_(budget),
        stall_(watch_),
        races_(log_, budget, ctas_are_apart),
        faults_(log_),
        initialised_(log_) {}

  using Progress = std::function<void(uint64_t ctas)>;
  // CTAs that cannot learn from each other: one after the other, until the queue is empty or something stops the
  // launch.
  void run_apart(CtaQueue& queue, const Progress& progress);
  // All CTAs of the grid in turns; those that spin get company.
  void run_together(const Progress& progress);

  machine::Stop stop() const { return stopped_ == nullptr ? machine::Stop::none : stopped_->stop(); }
  const machine::Cta& stopped_cta() const { return *stopped_; }
  // In a deadlock: the CTAs that have not ended, in ascending order.
  const std::vector<const machine::Cta*>& stuck() const { return stuck_; }
  const std::deque<machine::Cta>& cta_slots() const { return ctas_; }
  const observers::FindingLog& log() const { return log_; }
  const observers::RaceDetector& races() const { return races_; }
  const observers::Traffic& traffic() const { return traffic_; }
  uint64_t ctas() const { return ended_; }
  uint64_t lane_operations() const;

 private:
  std::vector<machine::Observer*> chosen(const Observers& wanted);
  machine::Cta& cta_at(uint32_t slot);
  bool advance(machine::Cta& cta, uint64_t operations);  // returns whether the CTA has ended
  void end_if_stuck(std::vector<machine::Cta*> ctas, uint64_t instructions, bool alone);

  machine::Grid& grid_;
  machine::Budget& budget_;
  machine::Watch watch_;
  Stall stall_;
  observers::FindingLog log_;
  observers::RaceDetector races_;
  observers::MemoryFaults faults_;
  observers::Initialised initialised_;
  observers::Traffic traffic_;
  std::deque<machine::Cta> ctas_;  // by slot
  const machine::Cta* stopped_ = nullptr;
  std::vector<const machine::Cta*> stuck_;
  uint64_t ended_ = 0;
};

}  // namespace decode_lab::interpreter
