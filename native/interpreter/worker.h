// One thread's share of a grid, with observers of its own; the shares are merged when all have ended.
#pragma once
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
  Worker(machine::Grid& grid, machine::Budget& budget)
      : budget_(budget),
        races_(log_, budget, true),
        faults_(log_),
        initialised_(log_),
        cta_(grid, budget, {&races_, &faults_, &initialised_, &traffic_}, 0) {}

  // Runs CTAs until the queue is empty or something stops the launch.
  template <class Progress>
  void run(CtaQueue& queue, Progress&& progress) {
    for (auto block = queue.next(); block.begin < block.end; block = queue.next()) {
      for (uint64_t cta = block.begin; cta < block.end; cta++) {
        stop_ = cta_.run(cta);
        if (stop_ != machine::Stop::none) return budget_.cancel();
        ctas_++;
        progress(1);
      }
    }
  }

  machine::Stop stop() const { return stop_; }
  const machine::Cta& cta() const { return cta_; }
  const observers::FindingLog& log() const { return log_; }
  const observers::RaceDetector& races() const { return races_; }
  const observers::Traffic& traffic() const { return traffic_; }
  uint64_t ctas() const { return ctas_; }

 private:
  machine::Budget& budget_;
  observers::FindingLog log_;
  observers::RaceDetector races_;
  observers::MemoryFaults faults_;
  observers::Initialised initialised_;
  observers::Traffic traffic_;
  machine::Cta cta_;
  machine::Stop stop_ = machine::Stop::none;
  uint64_t ctas_ = 0;
};

}  // namespace decode_lab::interpreter
