// Accesses out of bounds or misaligned, reads of bytes that nothing wrote, and barriers used wrongly.
#pragma once
#include "machine/observer.h"
#include "observers/finding_log.h"

namespace decode_lab::observers {

class MemoryFaults final : public machine::Observer {
 public:
  explicit MemoryFaults(FindingLog& log) : log_(log) {}
  void fault(const machine::Fault& fault) override;
  void barrier_misuse(const machine::BarrierMisuse& misuse) override;

 private:
  FindingLog& log_;
};

// Notes which bytes have been read and written; reading is checked against the bytes that the program uses. Local
// memory is left out: compilers load a thread's own stack early and drop the value, and no other thread can have been
// meant to write it.
class Initialised final : public machine::Observer {
 public:
  explicit Initialised(FindingLog& log) : log_(log) {}
  void request(const machine::Request& request) override;

 private:
  void look_closer(const machine::Request& request, const machine::Span& span);
  FindingLog& log_;
};

}  // namespace decode_lab::observers
