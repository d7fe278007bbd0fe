#include "observers/finding_log.h"

namespace decode_lab::observers {

namespace {

bool better_example(const Occurrence& candidate, const Occurrence& current) {
  if (candidate.finding_class != current.finding_class) return candidate.finding_class > current.finding_class;
  return std::tie(candidate.first.cta, candidate.second.cta, candidate.first, candidate.second, candidate.offset) <
         std::tie(current.first.cta, current.second.cta, current.first, current.second, current.offset);
}

}  // namespace

void FindingLog::add(const Occurrence& occurrence, uint64_t count, bool crosses_ctas) {
  const Key key{occurrence.check, occurrence.first.instruction, occurrence.second.instruction};
  const auto [entry, is_new] = entries_.try_emplace(key, Entry{occurrence, 0, false});
  entry->second.count += count;
  entry->second.crosses_ctas |= crosses_ctas;
  if (!is_new && better_example(occurrence, entry->second.example)) entry->second.example = occurrence;
}

void FindingLog::merge(const FindingLog& other) {
  for (const auto& [key, entry] : other.entries_) add(entry.example, entry.count, entry.crosses_ctas);
}

}  // namespace decode_lab::observers
