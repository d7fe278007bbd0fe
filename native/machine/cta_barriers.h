// The barriers of a CTA: sixteen with numbers (PTX ISA 9.7.13.1) and that of its cluster, which holds no other CTA
// (9.7.13.3).
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "machine/causality_order.h"
#include "machine/operation.h"

namespace decode_lab::machine {

class Cta;

inline constexpr uint32_t kCtaBarriers = 16;
inline constexpr uint32_t kClusterBarrier = kCtaBarriers;  // names that of the cluster among them

// What the lanes of one warp bring to a barrier; they may call it at several instructions.
struct WarpArrival {
  struct Part {
    const Operation* operation;
    LaneMask lanes;
  };
  uint32_t warp;
  uint32_t id;       // operand a
  uint32_t threads;  // operand b, 0 if absent
  bool whole_warp;   // counts as 32 threads, whatever lanes it has
  std::vector<Part> parts;
  BarrierForm form() const { return static_cast<BarrierForm>(parts.front().operation->argument); }
  LaneMask lanes() const;
};

struct CtaBarrier {
  uint32_t expected = 0;         // threads; 0 = all that live
  uint32_t arrived_threads = 0;  // counted by whole warps
  uint32_t trues = 0;            // threads whose predicate holds (.red)
  bool mixed = false;            // reported once
  std::vector<BarrierArrival> arrivals;
  std::vector<BarrierArrival> previous;  // those of its last completion
  std::vector<WarpArrival> held;         // of warps that have already arrived
};

struct ClusterBarrier {
  std::vector<BarrierArrival> arrivals;
  std::vector<BarrierArrival> previous;  // those of its last completion
  std::vector<BarrierArrival> waiting;
  std::vector<LaneMask> unawaited;  // by warp: lanes that have arrived and not waited since
};

class CtaBarriers {
 public:
  explicit CtaBarriers(Cta& cta) : cta_(cta) {}

  void begin();  // a new CTA
  void arrive(const WarpArrival& arrival);
  void threads_exited();
  bool admit_held();  // when no warp can go on: counts one held arrival after all; false if there is none

  const std::array<CtaBarrier, kCtaBarriers>& numbered() const { return numbered_; }
  const ClusterBarrier& cluster() const { return cluster_; }

 private:
  bool accepts(const WarpArrival& arrival);
  void report_misuse(const WarpArrival& arrival, CtaBarrier& barrier);
  void add(const WarpArrival& arrival, CtaBarrier& barrier);
  void complete_if_full(CtaBarrier& barrier);
  void cluster_arrive(const WarpArrival& arrival);
  void cluster_wait(const WarpArrival& arrival);
  void let_waiting_go(size_t first);  // those from index `first` on
  void complete_cluster_if_full();
  bool all_live_threads_in(const std::vector<BarrierArrival>& arrivals) const;

  Cta& cta_;
  std::array<CtaBarrier, kCtaBarriers> numbered_;
  ClusterBarrier cluster_;
};

}  // namespace decode_lab::machine
