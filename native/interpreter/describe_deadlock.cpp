// A deadlock as a finding: two places where threads wait, and notes that say who waits for whom. CTAs of which the same
// is to be said share their notes.
#include <algorithm>
#include <map>
#include <utility>

#include "interpreter/deadlock_notes.h"
#include "interpreter/describe_findings.h"

namespace decode_lab::interpreter {

namespace {

using machine::Cta;
using machine::Waiting;

constexpr size_t kMostNotes = 40, kMostCtas = 64;

std::string cta_name(const Dim3& index) {
  return "(" + std::to_string(index[0]) + "," + std::to_string(index[1]) + "," + std::to_string(index[2]) + ")";
}

bool is_spin(const Waiting& waiting) { return waiting.what == Waiting::For::memory; }

// What has become of a thread that wrote what others wait for.
std::string fate(const std::vector<const Cta*>& stuck, const observers::ThreadAt& thread) {
  const auto at =
      std::find_if(stuck.begin(), stuck.end(), [&](const Cta* cta) { return cta->linear_index() == thread.cta; });
  if (at == stuck.end() || ((*at)->warp(thread.warp).live() & machine::lane_bit(thread.lane)) == 0)
    return ", which has exited";
  return "";
}

void limit(std::vector<std::string>& lines) {
  if (lines.size() <= kMostNotes) return;
  const size_t left = lines.size() - kMostNotes;
  lines.resize(kMostNotes);
  lines.push_back("… and " + std::to_string(left) + " lines more");
}

// The notes of each CTA, those of which the same is said together.
std::vector<std::string> joined_notes(const std::vector<std::pair<const Cta*, std::vector<std::string>>>& notes,
                                      size_t more) {
  std::vector<std::pair<std::vector<std::string>, std::vector<const Cta*>>> blocks;
  for (const auto& [cta, lines] : notes) {
    auto same = std::find_if(blocks.begin(), blocks.end(), [&](const auto& block) { return block.first == lines; });
    if (same == blocks.end()) same = blocks.insert(same, {lines, {}});
    same->second.push_back(cta);
  }
  std::vector<std::string> all;
  for (const auto& [lines, ctas] : blocks) {
    all.push_back("CTA " + cta_name(ctas.front()->index()) +
                  (ctas.size() == 1 ? "" : " and " + std::to_string(ctas.size() - 1) + " more in the same way") + ":");
    for (const std::string& line : lines) all.push_back("  " + line);
  }
  if (more != 0) all.push_back("… and " + std::to_string(more) + " CTAs more");
  return all;
}

}  // namespace

std::vector<std::string> FindingWriter::describe_writer(const std::vector<const Cta*>& stuck, const Cta& cta,
                                                        const Waiting& waiting,
                                                        const observers::RaceDetector& races) const {
  const auto written = races.last_write(cta, *waiting.bytes.buffer, waiting.bytes.offset);
  if (!written) return {"which no thread has written"};
  const auto& [thread, is_only] = *written;
  for (const Cta* const other : stuck)
    for (const Waiting& spin : other->waiting())
      if (other->linear_index() == thread.cta && is_spin(spin) && spin.warp == thread.warp &&
          spin.instruction == thread.instruction)
        return {"which spinning threads write themselves"};
  const Site at = site(thread);
  return {std::string(is_only ? "last written" : "written, among others,") + " by thread " + cta_name(at.thread) +
              " of CTA " + cta_name(at.cta) + fate(stuck, thread),
          "  at " + at.instruction + " (" + source_position(at) + ")"};
}

Finding FindingWriter::describe_deadlock(const std::vector<const Cta*>& stuck,
                                         const observers::RaceDetector* races) const {
  Finding finding{};
  finding.check = finding.finding_class = "deadlock";
  finding.severity = "error";
  finding.space = "none";
  auto site_of = [&](const Cta& cta, const Waiting& at) {
    return site({cta.linear_index(), at.warp, machine::lowest_lane(at.lanes), at.instruction, false});
  };
  std::vector<std::pair<const Cta*, const Waiting*>> all;
  for (const Cta* const cta : stuck)
    for (const Waiting& waiting : cta->waiting()) all.emplace_back(cta, &waiting);
  finding.count = all.size();
  // Those who spin come first: the others mostly wait for them.
  std::stable_partition(all.begin(), all.end(), [](const auto& at) { return is_spin(*at.second); });
  const auto& [cta, waiting] = all.front();
  finding.first = site_of(*cta, *waiting);
  finding.message = where(finding.first) + (is_spin(*waiting) ? " spins" : " waits") + " at " +
                    finding.first.instruction + " for ever";
  if (is_spin(*waiting)) {
    finding.space = to_string(waiting->bytes.buffer->space);
    finding.buffer = waiting->bytes.buffer->name;
    finding.byte_offset = static_cast<int64_t>(waiting->bytes.offset);
    finding.bytes = waiting->bytes.count;
  }
  const auto other = std::find_if(all.begin(), all.end(), [&, first = waiting->instruction](const auto& at) {
    return at.second->instruction != first;
  });
  if (other != all.end()) {
    finding.has_second = true;
    finding.second = site_of(*other->first, *other->second);
    finding.message += ", " + where(finding.second) + " at " + finding.second.instruction;
  }
  const PositionOf position = [&](uint32_t instruction) {
    const Site at = site({0, 0, 0, instruction, false});
    return at.instruction + " (" + source_position(at) + ")";
  };
  std::vector<std::pair<const Cta*, std::vector<std::string>>> notes;
  for (size_t i = 0; i < std::min(stuck.size(), kMostCtas); i++) {
    const Cta& of = *stuck[i];
    auto lines = spin_notes(of, position, [&](const Waiting& spin) {
      return races == nullptr ? std::vector<std::string>() : describe_writer(stuck, of, spin, *races);
    });
    const auto barriers = barrier_notes(of, position);
    lines.insert(lines.end(), barriers.begin(), barriers.end());
    notes.emplace_back(&of, std::move(lines));
  }
  finding.notes = notes.size() == 1 ? notes.front().second : joined_notes(notes, stuck.size() - notes.size());
  limit(finding.notes);
  return finding;
}

}  // namespace decode_lab::interpreter
