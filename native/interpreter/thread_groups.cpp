#include "interpreter/thread_groups.h"

#include <algorithm>
#include <map>

namespace decode_lab::interpreter {

namespace {

using machine::LaneMask;

// "3", "0-15", "0-3, 8": ascending numbers.
std::string ranges(const std::vector<uint32_t>& numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size();) {
    size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) last++;
    text += (text.empty() ? "" : ", ") + std::to_string(numbers[i]) +
            (last == i ? "" : "-" + std::to_string(numbers[last]));
    i = last + 1;
  }
  return text;
}

std::string warps_text(const std::vector<uint32_t>& warps) {
  return (warps.size() == 1 ? "warp " : "warps ") + ranges(warps);
}

}  // namespace

std::string lanes_text(LaneMask lanes) {
  std::vector<uint32_t> numbers;
  machine::for_each_lane(lanes, [&](uint32_t lane) { numbers.push_back(lane); });
  return (numbers.size() == 1 ? "lane " : "lanes ") + ranges(numbers);
}

void ThreadGroups::put(const std::string& situation, uint32_t warp, LaneMask lanes) {
  auto found =
      std::find_if(groups_.begin(), groups_.end(), [&](const auto& group) { return group.first == situation; });
  if (found == groups_.end()) found = groups_.insert(found, {situation, Threads(cta_.warp_count(), 0)});
  found->second[warp] |= lanes;
}

void ThreadGroups::print(const std::string& indent, std::vector<std::string>& lines) const {
  for (const auto& [situation, threads] : groups_) {
    std::map<LaneMask, std::vector<uint32_t>> warps_of;
    for (uint32_t warp = 0; warp < threads.size(); warp++) {
      if (threads[warp] == 0) continue;
      const bool whole = threads[warp] == cta_.warp(warp).lanes();
      warps_of[whole ? machine::kAllLanes : threads[warp]].push_back(warp);
    }
    for (const auto& [mask, warps] : warps_of)
      lines.push_back(indent + (mask == machine::kAllLanes ? "" : lanes_text(mask) + " of ") + warps_text(warps) +
                      ": " + situation);
  }
}

}  // namespace decode_lab::interpreter
