#include "fuzz/vocabulary.h"

#include <algorithm>

namespace decode_lab::fuzz {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

void note(std::vector<std::string>& list, std::string_view word) {
  if (list.size() < 256 && std::find(list.begin(), list.end(), word) == list.end()) list.emplace_back(word);
}

}  // namespace

Range find_opcode(std::string_view line) {
  size_t at = line.find_first_not_of(" \t");
  if (at != std::string_view::npos && line[at] == '@') {
    at = line.find_first_of(" \t", at);
    if (at != std::string_view::npos) at = line.find_first_not_of(" \t", at);
  }
  if (at == std::string_view::npos || !is_letter(line[at])) return {};
  const size_t end = line.find_first_of(" \t;", at);
  if (end == std::string_view::npos || line.find(':', at) == end - 1) return {};
  return {at, end};
}

void Vocabulary::learn(const std::vector<std::string>& lines, Random& random) {
  for (const std::string& line : lines) {
    if (line.size() > 256 || line.starts_with("//") || line.find(';') == std::string::npos) continue;
    if (!known_.insert(line).second) continue;
    if (statements_.size() < kMostStatements)
      statements_.push_back(line);
    else
      statements_[below(random, kMostStatements)] = line;
    const Range opcode = find_opcode(line);
    const std::string text = line.substr(opcode.begin, opcode.size());
    const std::string mnemonic = text.substr(0, text.find('.'));
    for (size_t dot = text.find('.'); dot != std::string::npos;) {
      const size_t end = text.find('.', dot + 1);
      const std::string modifier = text.substr(dot, end - dot);
      note(modifiers_[mnemonic], modifier);
      note(modifiers_[""], modifier);
      dot = end;
    }
  }
  if (known_.size() > 8 * kMostStatements) known_.clear();
}

std::string Vocabulary::modifier(const std::string& mnemonic, Random& random) const {
  const auto known = modifiers_.find(below(random, 4) == 0 ? "" : mnemonic);
  return known == modifiers_.end() ? "" : pick(random, known->second);
}

}  // namespace decode_lab::fuzz
