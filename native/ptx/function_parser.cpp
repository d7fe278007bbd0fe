#include "ptx/function_parser.h"

#include <charconv>
#include <utility>

#include "ptx/call_parser.h"
#include "ptx/location_parser.h"
#include "ptx/operand_parser.h"
#include "ptx/scope.h"
#include "ptx/variable_parser.h"

namespace decode_lab::ptx {

namespace {

constexpr uint64_t kMostRegisters = 1 << 20;  // per declaration; ptxas has no use for more

class BodyParser {
 public:
  BodyParser(Cursor& cursor, Function& function, const Module& module)
      : cursor_(cursor), function_(function), scopes_(function_, module), locations_(function_) {}

  void run() {
    cursor_.expect('{');
    scopes_.open();
    formals(function_.parameters);
    formals(function_.results);
    body();
    if (!function_.instructions.empty()) return;
    if (function_.is_entry) invalid_ptx("entry '" + function_.name + "' has no instructions", function_.line);
    instruction_without_operands("ret", function_.line);
  }

 private:
  // Formal parameters of a device function take the first places of its parameter area, or registers.
  void formals(std::deque<Variable>& variables) {
    if (function_.is_entry) return;
    for (Variable& formal : variables) {
      if (formal.in_register) {
        scopes_.declare_register(formal.name, formal.type, formal.line);
        formal.reg = scopes_.find_register(formal.name);
      } else {
        scopes_.place_in_call_area(formal);
      }
    }
  }

  // Statements up to the '}' that closes the function; nested braces open scopes of their own.
  void body() {
    for (int depth = 1; depth > 0;) {
      if (cursor_.at_end()) cursor_.wrong("'}' at the end of '" + function_.name + "'");
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
    if (cursor_.accept(':')) {
      if (!parse_target_list(cursor_, scopes_, function_, word, line)) scopes_.define_label(word, line);
      return;
    }
    if (!word.starts_with('.')) return instruction(word, line, -1, false);
    if (word == ".loc") return locations_.parse(cursor_);
    if (word == ".reg") return registers();
    if (word == ".shared") return variable(StateSpace::shared);
    if (word == ".local") return variable(StateSpace::local);
    if (word == ".param") return variable(StateSpace::param);
    if (word == ".global") return variable(StateSpace::global);
    if (word == ".const") return variable(StateSpace::constant);
    if (word == ".pragma") return pragma();
    unsupported("directive '" + word + "' inside a function", line);
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
    const int line = cursor_.line();
    for (Variable& variable : parse_variables(cursor_, space, false)) {
      if (space == StateSpace::param) variable.role = ParameterRole::argument;
      if (variable.size == 0 && space != StateSpace::shared) invalid_ptx("'" + variable.name + "' has no size", line);
      scopes_.declare_variable(std::move(variable));
    }
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
    if (function_.instructions[index].mnemonic == "call")
      return void(function_.instructions[index].operands = parse_call(cursor_, scopes_));
    if (function_.instructions[index].mnemonic == "brx")
      return void(function_.instructions[index].operands = parse_indexed_branch(cursor_, scopes_, index));
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

  void instruction_without_operands(const std::string& text, int line) {
    Instruction& result = function_.instructions.emplace_back();
    result.text = result.mnemonic = text;
    result.line = line;
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
  Function& function_;
  Scopes scopes_;
  LocationTracker locations_;
  uint32_t used_bytes_mask_ = ~0u;
};

}  // namespace

void parse_body(Cursor& cursor, Function& function, const Module& module) {
  BodyParser(cursor, function, module).run();
}

}  // namespace decode_lab::ptx
