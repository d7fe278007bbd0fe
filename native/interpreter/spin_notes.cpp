#include <array>
#include <cstring>
#include <map>
#include <tuple>

#include "interpreter/deadlock_notes.h"
#include "interpreter/thread_groups.h"
#include "machine/mbarriers.h"

namespace decode_lab::interpreter {

namespace {

using machine::Waiting;

constexpr size_t kMostPlaces = 3;  // of one instruction

std::string value_of(const machine::Cta& cta, const Waiting& waiting) {
  const auto& [buffer, offset, count] = waiting.bytes;
  std::array<uint64_t, 2> words{};
  std::memcpy(words.data(), buffer->host + offset, count);
  if (cta.grid().program.instructions[waiting.instruction]->mnemonic == "mbarrier") {
    const auto state = machine::MbarrierState::unpack(words[0]);
    return std::string("phase ") + (state.phase ? "1" : "0") + ", " + std::to_string(state.pending) + " of " +
           std::to_string(state.expected) + " arrivals to come" +
           (state.transactions != 0 ? ", tx-count " + std::to_string(state.transactions) : "");
  }
  return std::to_string(words[0]) + (count > 8 ? ", " + std::to_string(words[1]) : "");
}

}  // namespace

std::vector<std::string> spin_notes(const machine::Cta& cta, const PositionOf& position, const WriterOf& writer) {
  using Place = std::tuple<std::string, uint64_t, uint32_t>;  // buffer, offset, bytes
  std::map<uint32_t, std::map<Place, std::vector<const Waiting*>>> instructions;
  std::vector<std::string> lines;
  for (const Waiting& waiting : cta.waiting()) {
    if (waiting.what != Waiting::For::memory) continue;
    const auto& [buffer, offset, count] = waiting.bytes;
    instructions[waiting.instruction][{buffer->name, offset, count}].push_back(&waiting);
  }
  for (const auto& [instruction, places] : instructions) {
    size_t shown = 0;
    for (const auto& [place, spins] : places) {
      if (shown++ == kMostPlaces) break;
      ThreadGroups groups(cta);
      for (const Waiting* const spin : spins)
        groups.put("spinning at " + position(instruction), spin->warp, spin->lanes);
      groups.print("", lines);
      const auto& [name, offset, count] = place;
      lines.push_back("  on " + std::to_string(count) + (count == 1 ? " byte" : " bytes") + " at offset " +
                      std::to_string(offset) + " of '" + name + "': " + value_of(cta, *spins.front()));
      for (const std::string& line : writer(*spins.front())) lines.push_back("  " + line);
    }
    if (places.size() > kMostPlaces)
      lines.push_back("  … and " + std::to_string(places.size() - kMostPlaces) + " places more that " +
                      position(instruction) + " reads");
  }
  ThreadGroups endless(cta);
  for (const Waiting& waiting : cta.waiting())
    if (waiting.what == Waiting::For::nothing)
      endless.put("in an endless loop that reads no memory, " + position(waiting.instruction), waiting.warp,
                  waiting.lanes);
  endless.print("", lines);
  return lines;
}

}  // namespace decode_lab::interpreter
