#include "ptx/operand_parser.h"

namespace decode_lab::ptx {

namespace {

class OperandParser {
 public:
  OperandParser(Cursor& cursor, Scopes& scopes) : cursor_(cursor), scopes_(scopes) {}

  Operand parse(uint32_t instruction, uint32_t operand) {
    if (cursor_.accept('[')) return address();
    if (cursor_.accept('{')) return vector(instruction, operand);
    if (cursor_.accept('!')) return negated();
    if (cursor_.accept('-')) return minus();
    if (cursor_.peek().kind != Token::Kind::word) return number(false);
    return name(instruction, operand);
  }

 private:
  Operand negated() {
    Operand result = name(0, 0);
    if (result.kind != Operand::Kind::reg) cursor_.wrong("a predicate register behind '!'");
    result.negated = true;
    return result;
  }

  Operand minus() {
    if (cursor_.peek().kind != Token::Kind::word) return number(true);
    Operand result = name(0, 0);
    if (result.kind != Operand::Kind::reg) cursor_.wrong("a number or a register behind '-'");
    result.minus = true;
    return result;
  }

  Operand number(bool negative) {
    const Token& token = cursor_.next();
    Operand result{};
    result.bits = token.bits;
    if (token.kind == Token::Kind::integer) {
      result.kind = Operand::Kind::immediate;
      if (negative) result.bits = 0 - result.bits;
      return result;
    }
    if (token.kind != Token::Kind::f32 && token.kind != Token::Kind::f64)
      syntax_error("expected an operand, found '" + std::string(token.text) + "'", token.line);
    result.kind = Operand::Kind::floating_immediate;
    result.is_single = token.kind == Token::Kind::f32;
    if (negative) result.bits ^= uint64_t{1} << (result.is_single ? 31 : 63);
    return result;
  }

  Operand vector(uint32_t instruction, uint32_t operand) {
    Operand result{};
    result.kind = Operand::Kind::vector;
    do {
      if (cursor_.peek().is('{')) cursor_.wrong("an element of a vector");
      result.elements.push_back(parse(instruction, operand));
    } while (cursor_.accept(','));
    cursor_.expect('}');
    return result;
  }

  int64_t signed_offset() {
    uint64_t offset = 0;  // wraps, as addresses do
    while (cursor_.peek().is('+') || cursor_.peek().is('-')) {
      bool negative = cursor_.next().is('-');
      if (cursor_.accept('-')) negative = !negative;
      const uint64_t value = cursor_.integer("a byte offset");
      offset += negative ? 0 - value : value;
    }
    return static_cast<int64_t>(offset);
  }

  Operand address() {
    Operand result{};
    result.kind = Operand::Kind::address;
    if (cursor_.peek().kind == Token::Kind::integer) {
      result.offset = static_cast<int64_t>(cursor_.next().bits);
    } else {
      const int line = cursor_.line();
      result.name = cursor_.word("an address");
      result.reg = scopes_.find_register(result.name);
      if (result.reg < 0) result.variable = scopes_.find_variable(result.name);
      if (result.reg < 0 && result.variable == nullptr)
        invalid_ptx("'" + result.name + "' is neither a register nor a variable", line);
      result.offset = signed_offset();
    }
    cursor_.expect(']');
    return result;
  }

  Operand name(uint32_t instruction, uint32_t operand) {
    const int line = cursor_.line();
    Operand result{};
    result.name = cursor_.word("an operand");
    if (result.name == "WARP_SZ") {  // PTX ISA 4.5.1
      result.kind = Operand::Kind::immediate;
      result.bits = 32;
    } else if (result.name == "_") {
      result.kind = Operand::Kind::sink;
    } else if ((result.reg = scopes_.find_register(result.name)) >= 0) {
      result.kind = Operand::Kind::reg;
    } else if (sub_word(result)) {
      result.kind = Operand::Kind::reg;
    } else if ((result.variable = scopes_.find_variable(result.name)) != nullptr) {
      result.kind = Operand::Kind::variable;
      result.offset = signed_offset();
    } else if ((result.function = scopes_.find_function(result.name)) != nullptr) {
      result.kind = Operand::Kind::function;
    } else if (result.name.starts_with('%')) {
      result.kind = Operand::Kind::special;
    } else {
      result.kind = Operand::Kind::label;
      scopes_.refer_to_label(result.name, instruction, operand, line);
    }
    return result;
  }

  // %r.b0 and the like: a register and what of it a video instruction takes.
  bool sub_word(Operand& operand) {
    const size_t dot = operand.name.rfind('.');
    if (dot == std::string::npos) return false;
    operand.reg = scopes_.find_register(operand.name.substr(0, dot));
    if (operand.reg >= 0) operand.selector = operand.name.substr(dot + 1);
    return operand.reg >= 0;
  }

  Cursor& cursor_;
  Scopes& scopes_;
};

}  // namespace

Operand parse_operand(Cursor& cursor, Scopes& scopes, uint32_t instruction, uint32_t operand) {
  return OperandParser(cursor, scopes).parse(instruction, operand);
}

}  // namespace decode_lab::ptx
