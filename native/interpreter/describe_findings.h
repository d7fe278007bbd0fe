// Occurrences → findings in the words of the report: names, source lines, one-line messages.
#pragma once
#include "launch.h"
#include "machine/cta.h"
#include "observers/finding_log.h"
#include "observers/race_detector.h"
#include "ptx/module.h"

namespace decode_lab::interpreter {

std::string source_position(const Site& site);  // "kernel.py:12" or "PTX line 34"
std::string where(const Site& site);            // the thread and its position

class FindingWriter {
 public:
  FindingWriter(const ptx::Module& module, const machine::Program& program, const Launch& launch);

  std::vector<Finding> describe(const observers::FindingLog& log) const;
  // `stuck`: CTAs whose threads all wait. `races` knows who wrote what they wait for; null: nobody does.
  Finding describe_deadlock(const std::vector<const machine::Cta*>& stuck, const observers::RaceDetector* races) const;
  Finding describe_assertion(const machine::Cta& cta) const;

 private:
  std::vector<std::string> describe_writer(const std::vector<const machine::Cta*>& stuck, const machine::Cta& cta,
                                           const machine::Waiting& waiting, const observers::RaceDetector& races) const;
  Finding describe(const observers::Occurrence& occurrence, uint64_t count) const;
  Site site(const observers::ThreadAt& thread) const;
  const ptx::Location* source_of(uint32_t instruction) const;

  const ptx::Module& module_;
  const machine::Program& program_;
  const Launch& launch_;
  uint32_t entry_file_ = 0;
};

}  // namespace decode_lab::interpreter
