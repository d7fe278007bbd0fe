// Changes PTX so that it mostly stays PTX: whole lines, registers of one class, numbers, modifiers, guards, labels.
#pragma once
#include <map>

#include "fuzz/vocabulary.h"

namespace decode_lab::fuzz {

using Lines = std::vector<std::string>;

Lines split_lines(std::string_view text);
std::string join_lines(const Lines& lines);

class PtxMutator {
 public:
  PtxMutator(Lines& lines, const Vocabulary& vocabulary, Random& random)
      : lines_(lines), vocabulary_(vocabulary), random_(random) {}

  void mutate();  // one change; now and then none
  // Puts a statement before a random one, with registers and labels that this text has; false if it lacks some.
  bool insert(std::string statement);

 private:
  using WordsByPrefix = std::map<std::string, std::vector<std::string>>;  // "%r" → %r1, %r2, %r1

  size_t any_line() { return below(random_, lines_.size()); }
  size_t any_instruction();  // lines_.size() where a few tries find none

  void insert_any();
  void move(size_t from, size_t to);
  void change_modifier(std::string& line);
  void change_register(size_t at);
  void change_number(std::string& line);
  void change_declaration(std::string& line);
  void change_operand_form(std::string& line);
  void change_guard(size_t at);
  void change_target(size_t at);
  // Numbered words in front of a line; labels in all lines, since branches go both ways.
  WordsByPrefix words_before(size_t at) const;

  Lines& lines_;
  const Vocabulary& vocabulary_;
  Random& random_;
};

}  // namespace decode_lab::fuzz
