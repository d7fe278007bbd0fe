// What the inputs seen so far are made of: their statements, and the modifiers that follow each mnemonic.
#pragma once
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace decode_lab::fuzz {

using Random = std::minstd_rand;

inline size_t below(Random& random, size_t count) { return count == 0 ? 0 : random() % count; }
template <class List>
const auto& pick(Random& random, const List& list) {
  return list[below(random, std::size(list))];
}

// "ld.global.v4.b32" within "@%p1 ld.global.v4.b32 {…", as a range of the line; empty where the line is no instruction.
struct Range {
  size_t begin = 0, end = 0;
  size_t size() const { return end - begin; }
};
Range find_opcode(std::string_view line);

class Vocabulary {
 public:
  void learn(const std::vector<std::string>& lines, Random& random);
  const std::vector<std::string>& statements() const { return statements_; }
  // A modifier seen with the mnemonic, or sometimes with any; "" as long as nothing is known.
  std::string modifier(const std::string& mnemonic, Random& random) const;

 private:
  static constexpr size_t kMostStatements = 8192;
  std::vector<std::string> statements_;
  std::set<std::string, std::less<>> known_;
  std::map<std::string, std::vector<std::string>> modifiers_;  // "" has all of them
};

}  // namespace decode_lab::fuzz
