#include "ptx/function_parser.h"

#include <charconv>
#include <utility>

#include "ptx/location_parser.h"
#include "ptx/operand_parser.h"
#include "ptx/scope.h"
#include "ptx/variable_parser.h"

namespace decode_lab::ptx {

namespace {

constexpr uint64_t kMostRegisters = 1 << 20;  // per declaration; ptxas has no use for more

class EntryParser {
 public:
  EntryParser(Cursor& cursor, const Module& module)
      : cursor_(cursor), scopes_(function_, module), locations_(function_) {}

  Function run(std::string_view wanted) {
    function_.line = cursor_.line();
    function_.name = cursor_.word("an entry name");
    if (cursor_.accept('(')) parameters();
    while (!cursor_.peek().is('{')) performance_directive();
    if (function_.name != wanted) {
      cursor_.skip_braces();
      return std::move(function_);
    }
    cursor_.expect('{');
    body();
    return std::move(function_);
  }

 private:
  void parameters() {
    if (cursor_.accept(')')) return;
    do {
      if (!cursor_.accept_word(".param")) cursor_.wrong(".param");
      function_.parameters.push_back(parse_variable(cursor_, StateSpace::param, false));
    } while (cursor_.accept(','));
    cursor_.expect(')');
  }

  std::array<uint32_t, 3> dimensions() {
    std::array<uint32_t, 3> result{1, 1, 1};
    size_t i = 0;
    do {
      result.at(i++) = static_cast<uint32_t>(cursor_.integer("a thread count"));
    } while (i < 3 && cursor_.accept(','));
    return result;
  }

  void performance_directive() {
    const int line = cursor_.line();
    const std::string name = cursor_.word("a performance directive or '{'");
    if (name == ".reqntid") {
      function_.reqntid = dimensions();
    } else if (name == ".maxntid") {
      function_.maxntid = dimensions();
    } else if (name == ".minnctapersm" || name == ".maxnreg") {
      cursor_.integer("a number");
    } else if (name == ".pragma") {
      cursor_.string("a pragma");
      cursor_.expect(';');
    } else {
      unsupported("performance directive '" + name + "'", line);
    }
  }

  // Statements up to the '}' that closes the entry; nested braces open scopes of their own.
  void body() {
    scopes_.open();
    for (int depth = 1; depth > 0;) {
      if (cursor_.at_end()) cursor_.wrong("'}' at the end of entry '" + function_.name + "'");
      if (cursor_.accept('{')) {
        scopes_.open();
        depth++;
      } else if (cursor_.accept('}')) {
        scopes_.close();
        depth--;
      } else {
        statement();
      }
    }
  }

  void statement() {
    const Token& token = cursor_.peek();
    if (token.kind == Token::Kind::inline_asm_begin) return cursor_.next(), locations_.begin_inline_asm();
    if (token.kind == Token::Kind::inline_asm_end) return cursor_.next(), locations_.end_inline_asm();
    if (token.is(';')) return void(cursor_.next());
    if (token.is('@')) return guarded();
    const int line = token.line;
    const std::string word = cursor_.word("an instruction");
    if (cursor_.accept(':')) return scopes_.define_label(word, line);
    if (!word.starts_with('.')) return instruction(word, line, -1, false);
    if (word == ".loc") return locations_.parse(cursor_);
    if (word == ".reg") return registers();
    if (word == ".shared") return variable(StateSpace::shared);
    if (word == ".local") return variable(StateSpace::local);
    if (word == ".param") return variable(StateSpace::param);  // of a call, which the verifier refuses
    if (word == ".pragma") return pragma();
    unsupported("directive '" + word + "' inside an entry", line);
  }

  void registers() {
    const int line = cursor_.line();
    const std::string type_word = cursor_.word("a register type");
    const auto type = type_word.starts_with('.') ? parse_type(type_word.substr(1)) : std::nullopt;
    if (!type || type->bits == 8) unsupported("registers of type '" + type_word + "'", line);
    do {
      const std::string name = cursor_.word("a register name");
      if (cursor_.accept('<')) {
        const uint64_t count = cursor_.integer("a register count");
        if (count > kMostRegisters)
          unsupported(std::to_string(count) + " registers in one declaration (up to 1048576 are)", line);
        scopes_.declare_register_range(name, *type, count, line);
        cursor_.expect('>');
      } else {
        scopes_.declare_register(name, *type, line);
      }
    } while (cursor_.accept(','));
    cursor_.expect(';');
  }

  void variable(StateSpace space) {
    scopes_.declare_variable(parse_variable(cursor_, space, false));
    cursor_.expect(';');
  }

  // "used_bytes_mask 0xfff" names the bytes of the next load whose values the program depends on (PTX ISA 12.2).
  void pragma() {
    const int line = cursor_.line();
    const std::string text = cursor_.string("a pragma");
    constexpr std::string_view kUsedBytes = "used_bytes_mask ";
    if (text.starts_with(kUsedBytes)) {
      std::string_view digits = std::string_view(text).substr(kUsedBytes.size());
      const bool hexadecimal = digits.starts_with("0x");
      if (hexadecimal) digits.remove_prefix(2);
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), used_bytes_mask_, hexadecimal ? 16 : 10);
      if (error != std::errc() || end != digits.data() + digits.size())
        syntax_error("'" + text + "' holds no mask", line);
    }
    cursor_.expect(';');
  }

  void guarded() {
    const int line = cursor_.line();
    cursor_.expect('@');
    const bool negated = cursor_.accept('!');
    const std::string name = cursor_.word("a guard predicate");
    const int guard = scopes_.find_register(name);
    if (guard < 0) invalid_ptx("guard '" + name + "' is not declared", line);
    if (function_.registers[guard].type != kPredicate) invalid_ptx("guard '" + name + "' is not a predicate", line);
    const int opcode_line = cursor_.line();
    instruction(cursor_.word("an instruction"), opcode_line, guard, negated);
  }

  void instruction(const std::string& text, int line, int guard, bool guard_negated) {
    Instruction result{};
    result.text = text;
    result.line = line;
    result.guard = guard;
    result.guard_negated = guard_negated;
    result.location = locations_.current();
    result.used_bytes_mask = std::exchange(used_bytes_mask_, ~0u);
    split_opcode(result);
    const auto index = static_cast<uint32_t>(function_.instructions.size());
    function_.instructions.push_back(std::move(result));
    if (function_.instructions[index].mnemonic == "call") return call_operands(index);
    if (cursor_.accept(';')) return;
    do {
      const auto position = static_cast<uint32_t>(function_.instructions[index].operands.size());
      Operand operand = parse_operand(cursor_, scopes_, index, position);
      function_.instructions[index].operands.push_back(std::move(operand));
      if (position == 0 && cursor_.accept('|'))
        function_.instructions[index].second_destination = parse_operand(cursor_, scopes_, index, position);
    } while (cursor_.accept(','));
    cursor_.expect(';');
  }

  // Argument lists are not operands. What is called is kept, so that the verifier can refuse the call by name.
  void call_operands(uint32_t index) {
    Operand callee{};
    callee.kind = Operand::Kind::label;
    int depth = 0;
    while (!cursor_.accept(';')) {
      if (cursor_.at_end()) cursor_.wrong("';'");
      const Token& token = cursor_.next();
      if (token.is('(')) depth++;
      if (token.is(')')) depth--;
      if (depth == 0 && token.kind == Token::Kind::word && callee.name.empty()) callee.name = token.text;
    }
    function_.instructions[index].operands.push_back(std::move(callee));
  }

  static void split_opcode(Instruction& instruction) {
    size_t start = instruction.text.find('.');
    instruction.mnemonic = instruction.text.substr(0, start);
    while (start != std::string::npos) {
      const size_t end = instruction.text.find('.', start + 1);
      instruction.modifiers.push_back(
          instruction.text.substr(start + 1, end == std::string::npos ? end : end - start - 1));
      start = end;
    }
  }

  Cursor& cursor_;
  Function function_{};
  Scopes scopes_;
  LocationTracker locations_;
  uint32_t used_bytes_mask_ = ~0u;
};

}  // namespace

Function parse_entry(Cursor& cursor, const Module& module, std::string_view wanted) {
  return EntryParser(cursor, module).run(wanted);
}

}  // namespace decode_lab::ptx
