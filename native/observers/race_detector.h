// Data races (PTX ISA 8.7.1): conflicting accesses of two threads that causality order does not relate and that are not
// morally strong. All accesses of this machine are weak, and CTAs never synchronise, so order comes from program order
// and barriers alone (CausalityOrder). The order in which the machine happened to run decides nothing.
#pragma once
#include "machine/cta.h"
#include "machine/observer.h"
#include "observers/finding_log.h"
#include "observers/shadow_memory.h"
#include "observers/store_values.h"

namespace decode_lab::observers {

class RaceDetector final : public machine::Observer {
 public:
  RaceDetector(FindingLog& log, machine::Budget& budget) : log_(log), global_(budget), shared_(budget) {}

  void cta_begins(const machine::Cta&) override { shared_.clear(); }
  void request(const machine::Request& request) override;
  const ShadowMemory& global() const { return global_; }

 private:
  struct Lane {
    const machine::Request& request;
    uint32_t lane;
    uint64_t begin, end;  // bytes of the buffer
    uint64_t cell;        // its first byte
    Access access;
  };
  void visit_cell(uint32_t& head, Lane lane, ShadowMemory& shadow);
  void forget_dominated_lanes(Access& old, const Lane& lane) const;
  // The lane of `old` that races with `lane`, or kLanes.
  uint32_t racing_lane(const Access& old, const Lane& lane) const;
  void remember_replaced(const Access& old, Lane& lane) const;
  bool unordered_with_replaced(const Access& old, const Lane& lane) const;
  Likeness likeness(const Access& old, const Lane& lane) const;
  FindingClass classify(const Access& old, const Lane& lane) const;
  void report(const Access& old, uint32_t old_lane, const Lane& lane, FindingClass finding_class);

  FindingLog& log_;
  ShadowMemory global_, shared_;
};

}  // namespace decode_lab::observers
