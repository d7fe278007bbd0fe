#include "ptx/variable_parser.h"

#include <bit>
#include <cstring>

namespace decode_lab::ptx {

namespace {

constexpr uint64_t kLargestVariable = uint64_t{1} << 32;  // bytes; a module that asks for more is refused

void parse_attributes(Cursor& cursor, Variable& variable, bool& has_type, uint32_t& vector_length) {
  for (;;) {
    const std::string_view text = cursor.peek().text;
    if (cursor.accept_word(".align")) {
      const uint64_t align = cursor.integer("an alignment in bytes");
      if (!std::has_single_bit(align) || align > 4096)
        invalid_ptx("alignment " + std::to_string(align) + " is not a power of two up to 4096", cursor.line());
      if (!variable.is_pointer) variable.align = static_cast<uint32_t>(align);
    } else if (cursor.accept_word(".ptr")) {
      variable.is_pointer = true;
    } else if (text == ".global" || text == ".shared" || text == ".local" || text == ".const") {
      cursor.next();
    } else if (cursor.accept_word(".v2")) {
      vector_length = 2;
    } else if (cursor.accept_word(".v4")) {
      vector_length = 4;
    } else if (cursor.peek().kind == Token::Kind::word && text.starts_with('.')) {
      const auto type = parse_type(text.substr(1));
      if (!type) unsupported("declaration attribute '" + std::string(text) + "'", cursor.line());
      variable.type = *type;
      has_type = true;
      cursor.next();
    } else {
      return;
    }
  }
}

uint64_t parse_element_count(Cursor& cursor, const Variable& variable) {
  uint64_t count = 1;
  while (cursor.accept('[')) {
    const bool unsized = cursor.peek().is(']');
    const uint64_t extent = unsized ? 0 : cursor.integer("an array extent");
    cursor.expect(']');
    if (extent > kLargestVariable || (count *= extent) > kLargestVariable)
      unsupported("variable '" + variable.name + "' is larger than 4 GiB", variable.line);
  }
  return count;
}

void append(std::vector<uint8_t>& bytes, uint64_t bits, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) bytes.push_back(static_cast<uint8_t>(bits >> (8 * i)));
}

void parse_initial_values(Cursor& cursor, Variable& variable) {
  if (cursor.accept('{')) {
    while (!cursor.accept('}')) {
      parse_initial_values(cursor, variable);
      if (!cursor.peek().is('}')) cursor.expect(',');
    }
    return;
  }
  const bool negative = cursor.accept('-');
  const Token& token = cursor.peek();
  uint64_t bits = token.bits;
  if (token.kind == Token::Kind::f64 && variable.type == Type{TypeClass::floating, 32})
    bits = std::bit_cast<uint32_t>(static_cast<float>(std::bit_cast<double>(bits)));
  else if (token.kind != Token::Kind::integer && token.kind != Token::Kind::f32 && token.kind != Token::Kind::f64)
    unsupported("initial value '" + std::string(token.text) + "' of '" + variable.name + "' (only numbers are)",
                token.line);
  cursor.next();
  append(variable.initial, negative ? 0 - bits : bits, variable.type.bytes());
}

}  // namespace

Variable parse_variable(Cursor& cursor, StateSpace space, bool is_extern) {
  Variable variable{};
  variable.space = space;
  variable.is_extern = is_extern;
  variable.line = cursor.line();
  bool has_type = false;
  uint32_t vector_length = 1;
  parse_attributes(cursor, variable, has_type, vector_length);
  if (!has_type) cursor.wrong("a type");
  variable.name = cursor.word("a name");
  const uint64_t count = parse_element_count(cursor, variable);
  if (cursor.accept('=')) parse_initial_values(cursor, variable);
  const uint64_t declared = count * vector_length * variable.type.bytes();
  if (declared != 0 && variable.initial.size() > declared)
    invalid_ptx("'" + variable.name + "' has " + std::to_string(variable.initial.size()) +
                    " bytes of initial values for " + std::to_string(declared),
                variable.line);
  variable.size = declared != 0 ? declared : variable.initial.size();
  variable.align = std::max(variable.align, variable.type.bytes() * vector_length);
  if (space == StateSpace::param && variable.type.bits == 64 && count == 1)
    variable.is_pointer = variable.is_pointer || !variable.type.is_signed();
  return variable;
}

}  // namespace decode_lab::ptx
