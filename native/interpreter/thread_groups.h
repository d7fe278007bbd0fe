// Threads of one CTA by the situation that they are in, in words: "warps 0-3: …", "lanes 0-15 of warp 1: …".
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "machine/cta.h"

namespace decode_lab::interpreter {

using Threads = std::vector<machine::LaneMask>;  // by warp

std::string lanes_text(machine::LaneMask lanes);  // "lane 3", "lanes 0-3, 8"

class ThreadGroups {
 public:
  explicit ThreadGroups(const machine::Cta& cta) : cta_(cta) {}

  void put(const std::string& situation, uint32_t warp, machine::LaneMask lanes);
  bool empty() const { return groups_.empty(); }
  // Situations in order of appearance, one line for each set of lanes.
  void print(const std::string& indent, std::vector<std::string>& lines) const;

 private:
  const machine::Cta& cta_;
  std::vector<std::pair<std::string, Threads>> groups_;
};

}  // namespace decode_lab::interpreter
