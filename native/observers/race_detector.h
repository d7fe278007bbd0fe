// Data races (PTX ISA 8.7.1): conflicting accesses of two threads that causality order does not relate and that are not
// morally strong. The order in which the machine happened to run decides nothing but which strong write a strong read
// has read.
#pragma once
#include <deque>
#include <optional>

#include "machine/cta.h"
#include "machine/observer.h"
#include "observers/finding_log.h"
#include "observers/shadow_memory.h"
#include "observers/store_values.h"

namespace decode_lab::observers {

class RaceDetector final : public machine::Observer {
 public:
  // `ctas_are_apart`: no CTA can learn from another, so nothing orders two CTAs.
  RaceDetector(FindingLog& log, machine::Budget& budget, bool ctas_are_apart)
      : log_(log), global_(budget), ctas_are_apart_(ctas_are_apart) {
    shared_.emplace_back(budget);
  }

  void cta_begins(const machine::Cta& cta) override;
  void request(const machine::Request& request) override;
  const ShadowMemory& global() const { return global_; }
  // Who wrote a byte of global memory, or of the CTA's shared memory; nothing if nobody has.
  struct LastWrite {
    ThreadAt thread;
    bool is_only;  // else it is one of several that nothing orders
  };
  std::optional<LastWrite> last_write(const machine::Cta& cta, const machine::Buffer& buffer, uint64_t offset) const;

 private:
  // Some bytes of one row that lanes of a request access.
  struct Piece {
    const machine::Request& request;
    Access access;
    uint32_t accessor = 0;  // of WordRows, 0: not kept yet
    machine::Buffer* buffer = nullptr;
    uint64_t row = 0;  // its first byte
  };
  // Which writes at a unit's bytes are observed before it, once somebody has asked.
  using Observed = std::optional<std::vector<machine::ObservationOrder::Chain>>;
  ShadowMemory& shadow_of(const machine::Request& request);
  void fetch_and_split(const machine::Request& request, ShadowMemory& shadow) const;
  void visit_singly(Piece& piece, ShadowMemory& shadow);
  void visit_span(const machine::Span& span, Piece& piece, ShadowMemory& shadow);
  void visit(uint32_t& head, Piece& piece, ShadowMemory& shadow);
  void visit_cell(uint32_t row, uint32_t cell, Piece& part, ShadowMemory& shadow);
  uint32_t visit_words(uint32_t row, Piece& part, WordRows& words) const;
  bool read_word(uint32_t row, uint32_t index, machine::LaneMask lanes, Piece& piece, WordRows& words) const;
  bool write_word(uint32_t row, uint32_t index, machine::LaneMask lanes, Piece& piece, WordRows& words) const;
  bool is_surely_ordered(const Accessor& old, const Piece& piece) const;
  bool settles_whole(uint32_t head, Piece& piece, const ShadowMemory& shadow) const;
  uint32_t visit_list(uint32_t& head, Piece& piece, ShadowMemory& shadow);
  uint32_t take_place(uint32_t& head, const Piece& piece, ShadowMemory& shadow) const;
  uint32_t visit_unit(uint32_t& head, Piece unit, uint32_t lane, ShadowMemory& shadow);
  static bool subsumes(const Accessor& one, const Accessor& other);
  static bool replaces(const Accessor& write, const Accessor& old);
  static void replace(Access& access, const Access::Replaced& replaced);
  machine::LaneMask unordered_lanes(const Access& old, const Piece& unit, uint32_t lane) const;
  machine::LaneMask observed_lanes(const Access& old, const Piece& unit, uint32_t lane, Observed& observed) const;
  static bool same_bytes(const Access& old, const Access& added);
  static bool morally_strong(const Access& old, const Access& added);
  void remember_replaced(const Access& old, Piece& unit, uint32_t lane) const;
  machine::LaneMask replaced_unordered_lanes(const Access& old, const Piece& unit, uint32_t lane) const;
  bool judge(const Access& old, uint32_t old_lane, const Piece& unit, uint32_t lane);
  Likeness likeness(const Access& old, const Piece& unit, uint32_t lane) const;
  std::optional<FindingClass> classify(const Access& old, const Piece& unit, uint32_t lane) const;
  FindingClass class_by_place(const Access& old, const Piece& unit) const;
  void report(const Access& old, uint32_t old_lane, const Piece& unit, uint32_t lane, FindingClass finding_class);

  FindingLog& log_;
  ShadowMemory global_;
  std::deque<ShadowMemory> shared_;  // of each CTA that runs
  bool ctas_are_apart_;
};

}  // namespace decode_lab::observers
