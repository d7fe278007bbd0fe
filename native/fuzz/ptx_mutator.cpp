#include "fuzz/ptx_mutator.h"

#include <algorithm>

namespace decode_lab::fuzz {

namespace {

constexpr std::string_view kNumbers[] = {
    "0",          "1",          "-1",          "2",          "3",
    "4",          "7",          "8",           "15",         "16",
    "17",         "31",         "32",          "33",         "63",
    "64",         "65",         "127",         "128",        "255",
    "256",        "1023",       "1024",        "4095",       "4096",
    "32767",      "32768",      "65535",       "65536",      "2147483647",
    "2147483648", "4294967295", "4294967296",  "0x55555555", "9223372036854775807",
    "-2",         "-32",        "-2147483648", "0xaaaaaaaa", "9223372036854775808",
    "0f00000000", "0f80000000", "0f3F800000",  "0fBF800000", "18446744073709551615",
    "0f7F800000", "0fFF800000", "0f7FC00000",  "0f00000001", "0d7FF8000000000000",
    "0f7F7FFFFF", "0fFF7FFFFF", "0f4F000000",  "0fCF000001", "0d0000000000000001",
    "0f4F800000", "0f5F000000", "0f477FE000",  "0f33000000", "0d7FEFFFFFFFFFFFFF",
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '%' ||
         c == '.';
}

// All words from `begin` on, as ranges.
std::vector<Range> words_of(const std::string& line, size_t begin = 0) {
  std::vector<Range> words;
  for (size_t at = begin; at < line.size();) {
    const size_t start = at;
    while (at < line.size() && is_word(line[at])) at++;
    if (at > start)
      words.push_back({start, at});
    else
      at++;
  }
  return words;
}

std::string text_of(const std::string& line, Range range) { return line.substr(range.begin, range.size()); }

// "%rd" of "%rd12", "$L__BB0_" of "$L__BB0_3"; "" for a word without digits at its end or without more than those.
std::string prefix_of(const std::string& word) {
  size_t end = word.size();
  while (end > 0 && is_digit(word[end - 1])) end--;
  return end == word.size() || is_digit(word[0]) ? "" : word.substr(0, end);
}

// " %r1, [%rd1], {%r2, %r3}" → its three operands.
Lines split_operands(const std::string& text) {
  Lines operands(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '{' || c == '[' || c == '(' ? 1 : c == '}' || c == ']' || c == ')' ? -1 : 0;
    if (c == ',' && depth == 0)
      operands.emplace_back();
    else if (c != ' ' && c != '\t')
      operands.back() += c;
  }
  return operands;
}

}  // namespace

Lines split_lines(std::string_view text) {
  Lines lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string join_lines(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

void PtxMutator::mutate() {
  const size_t at = any_instruction();
  if (at == lines_.size()) return;
  std::string& line = lines_[at];
  switch (below(random_, 18)) {
    case 0:
      return void(lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(below(random_, 8) == 0 ? any_line() : at)));
    case 1:
      return void(insert(line));
    case 2:
      return std::swap(line, lines_[any_instruction() % lines_.size()]);
    case 3:
      return move(at, below(random_, 8) == 0 ? any_line() : any_instruction() % lines_.size());
    case 4:
    case 5:
    case 6:
      return insert_any();
    case 7:
    case 8:
    case 9:
      return change_modifier(line);
    case 10:
    case 11:
      return change_register(at);
    case 12:
      return change_number(line);
    case 13:
      return change_declaration(lines_[any_line()]);
    case 14:
      return change_guard(at);
    case 15:
    case 16:
      return change_operand_form(line);
    default:
      return change_target(at);
  }
}

size_t PtxMutator::any_instruction() {
  for (int tries = 0; tries < 16 && !lines_.empty(); tries++)
    if (const size_t at = any_line(); find_opcode(lines_[at]).size() != 0) return at;
  return lines_.size();
}

void PtxMutator::move(size_t from, size_t to) {
  const auto first = lines_.begin() + static_cast<std::ptrdiff_t>(std::min(from, to));
  const auto last = lines_.begin() + static_cast<std::ptrdiff_t>(std::max(from, to));
  std::rotate(first, from < to ? first + 1 : last, last + 1);
}

void PtxMutator::insert_any() {
  if (vocabulary_.statements().empty()) return;
  for (int tries = 0; tries < 8; tries++)
    if (insert(pick(random_, vocabulary_.statements()))) return;
}

bool PtxMutator::insert(std::string statement) {
  const size_t at = any_instruction();
  if (at == lines_.size()) return false;
  const WordsByPrefix known = words_before(at);
  const Range opcode = find_opcode(statement);
  const auto words = words_of(statement);
  for (size_t i = words.size(); i-- > 0;) {
    const std::string word = text_of(statement, words[i]), prefix = prefix_of(word);
    if (words[i].begin == opcode.begin || prefix.empty() || prefix[0] == '.') continue;
    const auto siblings = known.find(prefix);
    if (siblings == known.end()) return false;
    const bool is_known = std::find(siblings->second.begin(), siblings->second.end(), word) != siblings->second.end();
    if (!is_known || below(random_, 2) == 0)
      statement.replace(words[i].begin, words[i].size(), pick(random_, siblings->second));
  }
  lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(at), std::move(statement));
  return true;
}

// Replaces, removes or adds one.
void PtxMutator::change_modifier(std::string& line) {
  const Range opcode = find_opcode(line);
  const std::string text = text_of(line, opcode), mnemonic = text.substr(0, text.find('.'));
  std::vector<size_t> dots;
  for (size_t at = text.find('.'); at != std::string::npos; at = text.find('.', at + 1)) dots.push_back(at);
  dots.push_back(text.size());
  const size_t which = below(random_, dots.size());
  const bool is_last = which + 1 == dots.size();
  const size_t length = is_last || below(random_, 4) == 0 ? 0 : dots[which + 1] - dots[which];
  const std::string modifier = length != 0 && below(random_, 4) == 0 ? "" : vocabulary_.modifier(mnemonic, random_);
  line.replace(opcode.begin + dots[which], length, modifier);
}

void PtxMutator::change_register(size_t at) {
  std::string& line = lines_[at];
  std::vector<Range> candidates;
  for (const Range word : words_of(line, find_opcode(line).end))
    if (line[word.begin] == '%' && prefix_of(text_of(line, word)) != "") candidates.push_back(word);
  if (candidates.empty()) return;
  const Range word = pick(random_, candidates);
  const WordsByPrefix known = words_before(at);
  const auto siblings = known.find(prefix_of(text_of(line, word)));
  if (siblings != known.end()) line.replace(word.begin, word.size(), pick(random_, siblings->second));
}

// Another number in the place of one, or in the place of a source operand.
void PtxMutator::change_number(std::string& line) {
  std::vector<Range> candidates;
  for (const Range word : words_of(line))
    if (is_digit(line[word.begin])) candidates.push_back(word);
  if (candidates.empty()) {
    candidates = words_of(line, find_opcode(line).end);
    if (candidates.size() < 2) return;
    candidates.erase(candidates.begin());
  }
  const Range word = pick(random_, candidates);
  line.replace(word.begin, word.size(), pick(random_, kNumbers));
}

void PtxMutator::change_declaration(std::string& line) {
  std::vector<Range> candidates;
  for (const Range word : words_of(line))
    if (line[word.begin] == '.') candidates.push_back(word);
  if (candidates.empty() || below(random_, 2) == 0) return change_number(line);
  const Range word = pick(random_, candidates);
  line.replace(word.begin, word.size(), vocabulary_.modifier("", random_));
}

void PtxMutator::change_guard(size_t at) {
  std::string& line = lines_[at];
  const Range opcode = find_opcode(line);
  const WordsByPrefix known = words_before(at);
  const auto predicates = known.find("%p");
  if (line.find('@') < opcode.begin && below(random_, 2) == 0)
    line.erase(0, opcode.begin);
  else if (predicates != known.end())
    line.replace(0, opcode.begin, (below(random_, 2) == 0 ? "@!" : "@") + pick(random_, predicates->second) + " ");
}

// Drops, doubles or swaps operands, or writes one in another form.
void PtxMutator::change_operand_form(std::string& line) {
  const size_t begin = find_opcode(line).end, end = std::min(line.rfind(';'), line.size());
  if (end <= begin) return;
  Lines operands = split_operands(line.substr(begin, end - begin));
  std::string& operand = operands[below(random_, operands.size())];
  constexpr std::string_view kPlain[] = {"_", "%tid.x", "%clock64", "WARP_SZ", "{}"};
  switch (below(random_, 8)) {
    case 0:
      operands.erase(operands.begin() + (&operand - operands.data()));
      break;
    case 1:
      operands.push_back(operand);
      break;
    case 2:
      std::swap(operand, operands[below(random_, operands.size())]);
      break;
    case 3:
      operand = pick(random_, kPlain);
      break;
    case 4:
      operand = "{" + operand + ", " + pick(random_, operands) + "}";
      break;
    case 5:
      operand = "[" + operand + "]";
      break;
    case 6:
      operand = (below(random_, 2) == 0 ? "!" : "-") + operand;
      break;
    default:
      operand += "|" + pick(random_, operands);
  }
  std::string text;
  for (const std::string& each : operands) text += (text.empty() ? " " : ", ") + each;
  line.replace(begin, end - begin, text);
}

// A branch goes elsewhere; any other instruction gets an operand of another one, of whatever kind.
void PtxMutator::change_target(size_t at) {
  std::string& line = lines_[at];
  const auto words = words_of(line, find_opcode(line).end);
  if (words.empty()) return;
  const Range word = pick(random_, words);
  const WordsByPrefix known = words_before(at);
  const auto siblings = line[word.begin] == '%' && !known.empty()
                            ? std::next(known.begin(), static_cast<std::ptrdiff_t>(below(random_, known.size())))
                            : known.find(prefix_of(text_of(line, word)));
  if (siblings != known.end()) line.replace(word.begin, word.size(), pick(random_, siblings->second));
}

PtxMutator::WordsByPrefix PtxMutator::words_before(size_t at) const {
  WordsByPrefix words;
  for (size_t i = 0; i < lines_.size(); i++) {
    const std::string& line = lines_[i];
    if (line.starts_with("//")) continue;
    for (const Range range : words_of(line, find_opcode(line).end)) {
      if (i >= at && line[range.begin] == '%') continue;
      std::string word = text_of(line, range), prefix = prefix_of(word);
      if (!prefix.empty() && prefix[0] != '.') words[std::move(prefix)].push_back(std::move(word));
    }
  }
  return words;
}

}  // namespace decode_lab::fuzz
