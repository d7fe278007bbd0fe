#include "interpreter/describe_findings.h"

#include <algorithm>
#include <charconv>

namespace decode_lab::interpreter {

namespace {

using observers::Check;
using observers::FindingClass;
using observers::kNoInstruction;
using observers::Occurrence;

const char* name_of(Check check) {
  switch (check) {
    case Check::races:
      return "races";
    case Check::bounds:
      return "bounds";
    case Check::alignment:
      return "alignment";
    case Check::initialised:
      return "initialised";
    case Check::barriers:
      return "barriers";
  }
  return "";
}

const char* name_of(FindingClass finding_class) {
  switch (finding_class) {
    case FindingClass::same_value_write:
      return "same-value-write";
    case FindingClass::near_value_write:
      return "near-value-write";
    case FindingClass::strong_unsynchronised:
      return "strong-unsynchronised";
    case FindingClass::scope_mismatch:
      return "scope-mismatch";
    case FindingClass::mixed_size_atomic:
      return "mixed-size-atomic";
    case FindingClass::async_copy_not_waited:
      return "async-copy-not-waited";
    case FindingClass::intra_warp:
      return "intra-warp";
    case FindingClass::intra_cta_shared:
      return "intra-cta-shared";
    case FindingClass::intra_cta_global:
      return "intra-cta-global";
    case FindingClass::inter_cta_global:
      return "inter-cta-global";
    case FindingClass::out_of_bounds:
      return "out-of-bounds";
    case FindingClass::read_only:
      return "read-only";
    case FindingClass::wrong_space:
      return "wrong-space";
    case FindingClass::misaligned:
      return "misaligned";
    case FindingClass::uninitialised_read:
      return "uninitialised-read";
    case FindingClass::barrier_reused_early:
      return "barrier-reused-early";
    case FindingClass::mixed_barrier_forms:
      return "mixed-barrier-forms";
    case FindingClass::divergent_barrier:
      return "divergent-barrier";
    case FindingClass::lane_not_in_mask:
      return "lane-not-in-mask";
  }
  return "";
}

std::string dims(const Dim3& d) {
  return "(" + std::to_string(d[0]) + "," + std::to_string(d[1]) + "," + std::to_string(d[2]) + ")";
}

std::string hexadecimal(uint64_t value) {
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), value, 16);
  return "0x" + std::string(digits.begin(), end);
}

std::string place(const Finding& finding) {
  const std::string bytes = std::to_string(finding.bytes) + (finding.bytes == 1 ? " byte" : " bytes");
  if (finding.buffer.empty()) return bytes + " at address " + hexadecimal(static_cast<uint64_t>(finding.byte_offset));
  return bytes + " at offset " + std::to_string(finding.byte_offset) + " of '" + finding.buffer + "'";
}

const char* order_missing(FindingClass finding_class, bool non_coherent) {
  if (non_coherent) return "an ld.global.nc may not read memory that the kernel writes, barrier or not";
  switch (finding_class) {
    case FindingClass::inter_cta_global:
      return "CTAs are not ordered";
    case FindingClass::intra_warp:
      return "no barrier orders these lanes, and a warp does not run in lock step";
    case FindingClass::same_value_write:
      return "unordered, but both write the same bytes";
    case FindingClass::near_value_write:
      return "unordered, but the floats are equal up to rounding";
    default:
      return "no barrier orders these threads";
  }
}

std::string barrier_misuse(FindingClass finding_class, const Finding& finding) {
  switch (finding_class) {
    case FindingClass::divergent_barrier:
      return " without the rest of its warp";
    case FindingClass::barrier_reused_early:
      return ", and nothing orders it after the last completion of that barrier: it may be counted there";
    case FindingClass::mixed_barrier_forms:
      return ", " + where(finding.second) + " meets it there with " + finding.second.instruction;
    default:
      return ", whose membermask does not name its lane";
  }
}

std::string message_of(const Occurrence& occurrence, const Finding& finding) {
  const std::string place_text = place(finding), verb = occurrence.first.writes ? "writes " : "reads ";
  switch (occurrence.check) {
    case Check::races:
      return where(finding.first) + " " + verb + place_text + ", " + where(finding.second) +
             (occurrence.second.writes ? " writes" : " reads") +
             " them: " + order_missing(occurrence.finding_class, occurrence.non_coherent);
    case Check::bounds:
      return where(finding.first) + " " + verb + place_text +
             (occurrence.finding_class == FindingClass::read_only     ? ", which is read-only"
              : occurrence.finding_class == FindingClass::wrong_space ? ", where the instruction may not reach"
                                                                      : ", out of bounds");
    case Check::alignment:
      return where(finding.first) + " " + verb + place_text + ", not aligned to " + std::to_string(finding.bytes);
    case Check::initialised:
      return where(finding.first) + " reads " + place_text + " that nothing has written";
    case Check::barriers:
      return where(finding.first) + " executes " + finding.first.instruction +
             barrier_misuse(occurrence.finding_class, finding);
  }
  return "";
}

}  // namespace

std::string source_position(const Site& site) {
  return site.line > 0 ? site.file + ":" + std::to_string(site.line) : "PTX line " + std::to_string(site.ptx_line);
}

std::string where(const Site& site) {
  return "thread " + dims(site.thread) + " of CTA " + dims(site.cta) + " (" + source_position(site) + ")";
}

FindingWriter::FindingWriter(const ptx::Module& module, const machine::Program& program, const Launch& launch)
    : module_(module), program_(program), launch_(launch) {
  const auto& locations = program.entry().function->locations;
  const auto own = std::find_if(locations.begin(), locations.end(),
                                [](const ptx::Location& location) { return location.inlined_at < 0; });
  if (own != locations.end()) entry_file_ = own->file;
}

// The innermost position in the kernel's own file; helpers from headers and libraries are shown where they were
// inlined.
const ptx::Location* FindingWriter::source_of(uint32_t index) const {
  const ptx::Instruction& instruction = *program_.instructions[index];
  if (instruction.location < 0) return nullptr;
  const auto& locations = program_.procedure_of(index).function->locations;
  const ptx::Location* innermost = &locations[static_cast<size_t>(instruction.location)];
  for (const ptx::Location* at = innermost;; at = &locations[static_cast<size_t>(at->inlined_at)]) {
    if (at->file == entry_file_) return at;
    if (at->inlined_at < 0) return innermost;
  }
}

Site FindingWriter::site(const observers::ThreadAt& thread) const {
  const ptx::Instruction& instruction = *program_.instructions[thread.instruction];
  const auto& [bx, by, bz] = launch_.block;
  const auto& [gx, gy, gz] = launch_.grid;
  const uint32_t linear = thread.warp * machine::kLanes + thread.lane;
  Site site{};
  site.cta = {static_cast<uint32_t>(thread.cta % gx), static_cast<uint32_t>(thread.cta / gx % gy),
              static_cast<uint32_t>(thread.cta / gx / gy)};
  site.thread = {linear % bx, linear / bx % by, linear / bx / by};
  site.instruction = instruction.text;
  site.ptx_line = instruction.line;
  const ptx::Location* const source = source_of(thread.instruction);
  const auto file = source != nullptr ? module_.files.find(source->file) : module_.files.end();
  if (file == module_.files.end() || source->line == 0) return site;
  site.file = file->second;
  site.line = source->line;
  return site;
}

Finding FindingWriter::describe(const Occurrence& occurrence, uint64_t count) const {
  Finding finding{};
  finding.check = name_of(occurrence.check);
  finding.finding_class = name_of(occurrence.finding_class);
  finding.severity = is_warning(occurrence.finding_class) ? "warning" : "error";
  finding.space = to_string(occurrence.space);
  finding.buffer = occurrence.buffer;
  finding.byte_offset = occurrence.offset;
  finding.bytes = occurrence.bytes;
  finding.count = count;
  finding.first = site(occurrence.first);
  finding.has_second = occurrence.second.instruction != kNoInstruction;
  if (finding.has_second) finding.second = site(occurrence.second);
  if (occurrence.check == Check::races)
    finding.conflict =
        std::string(occurrence.first.writes ? "write" : "read") + (occurrence.second.writes ? "-write" : "-read");
  finding.message = message_of(occurrence, finding);
  return finding;
}

std::vector<Finding> FindingWriter::describe(const observers::FindingLog& log) const {
  std::vector<Finding> findings;
  for (const auto& [key, entry] : log.entries()) findings.push_back(describe(entry.example, entry.count));
  std::stable_partition(findings.begin(), findings.end(),
                        [](const Finding& finding) { return finding.severity == "error"; });
  return findings;
}

Finding FindingWriter::describe_assertion(const machine::Cta& cta) const {
  const machine::FailedAssertion& failed = *cta.failed_assertion();
  Finding finding{};
  finding.check = "assert";
  finding.finding_class = "assertion-failed";
  finding.severity = "error";
  finding.space = "none";
  finding.count = machine::lane_count(failed.lanes);
  finding.first =
      site({cta.linear_index(), failed.warp, machine::lowest_lane(failed.lanes), failed.instruction, false});
  finding.message = where(finding.first) + " fails the assertion " + failed.text;
  return finding;
}

}  // namespace decode_lab::interpreter
