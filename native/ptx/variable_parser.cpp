#include "ptx/variable_parser.h"

#include <algorithm>
#include <bit>

namespace decode_lab::ptx {

namespace {

constexpr uint64_t kLargestVariable = uint64_t{1} << 32;     // bytes; a module that asks for more is refused
constexpr uint64_t kLargestInitialised = uint64_t{1} << 26;  // bytes from the first to the last initial value

// `.attribute(.managed)` (PTX ISA 5.4.8): the host's view of the memory, which a launch alone does not have.
void parse_attribute_list(Cursor& cursor) {
  cursor.expect('(');
  do {
    const int line = cursor.line();
    if (const std::string name = cursor.word("an attribute"); name != ".managed")
      unsupported("variable attribute '" + name + "'", line);
  } while (cursor.accept(','));
  cursor.expect(')');
}

void parse_attributes(Cursor& cursor, Variable& variable, bool& has_type, uint32_t& vector_length) {
  for (;;) {
    const std::string_view text = cursor.peek().text;
    if (cursor.accept_word(".align")) {
      const uint64_t align = cursor.integer("an alignment in bytes");
      if (!std::has_single_bit(align) || align > 4096)
        invalid_ptx("alignment " + std::to_string(align) + " is not a power of two up to 4096", cursor.line());
      if (!variable.is_pointer) variable.align = static_cast<uint32_t>(align);
    } else if (cursor.accept_word(".attribute")) {
      parse_attribute_list(cursor);
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
      if (*type == kPredicate) invalid_ptx("variables of type .pred (registers can be)", cursor.line());
      variable.type = *type;
      has_type = true;
      cursor.next();
    } else {
      return;
    }
  }
}

// The extents of an array, outermost first; 0 for `[]`.
std::vector<uint64_t> parse_extents(Cursor& cursor, const Variable& variable) {
  std::vector<uint64_t> extents;
  uint64_t count = 1;
  while (cursor.accept('[')) {
    extents.push_back(cursor.peek().is(']') ? 0 : cursor.integer("an array extent"));
    cursor.expect(']');
    const uint64_t extent = std::max(extents.back(), uint64_t{1});
    if (extent > kLargestVariable / count)
      unsupported("variable '" + variable.name + "' is larger than 4 GiB", variable.line);
    count *= extent;
  }
  return extents;
}

void append(std::vector<uint8_t>& bytes, uint64_t bits, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) bytes.push_back(static_cast<uint8_t>(bits >> (8 * i)));
}

int64_t parse_addend(Cursor& cursor) {
  uint64_t addend = 0;
  while (cursor.peek().is('+') || cursor.peek().is('-')) {
    const bool negative = cursor.next().is('-');
    const uint64_t value = cursor.integer("a byte offset");
    addend += negative ? 0 - value : value;
  }
  return static_cast<int64_t>(addend);
}

// symbol{+n} or generic(symbol{+n}){+n}
SymbolBytes parse_symbol(Cursor& cursor) {
  SymbolBytes symbol{};
  symbol.line = cursor.line();
  symbol.name = cursor.word("a variable or function");
  symbol.generic = symbol.name == "generic" && cursor.accept('(');
  if (symbol.generic) {
    symbol.name = cursor.word("a variable");
    symbol.addend = parse_addend(cursor);
    cursor.expect(')');
  }
  symbol.addend =
      static_cast<int64_t>(static_cast<uint64_t>(symbol.addend) + static_cast<uint64_t>(parse_addend(cursor)));
  return symbol;
}

// The byte of a symbol's address or of a number that a mask such as 0xff00(symbol) takes.
uint64_t parse_masked(Cursor& cursor, Variable& variable, uint64_t mask, int line) {
  const auto shift = static_cast<uint32_t>(mask == 0 ? 0 : std::countr_zero(mask));
  if (shift % 8 != 0 || mask >> shift != 0xFF)
    invalid_ptx("the mask of an initial value is not one byte such as 0xFF00", line);
  cursor.expect('(');
  uint64_t value = 0;
  if (cursor.peek().kind == Token::Kind::word) {
    SymbolBytes symbol = parse_symbol(cursor);
    symbol.at = variable.initial.size();
    symbol.bytes = variable.type.bytes();
    symbol.shift = shift;
    variable.symbols.push_back(std::move(symbol));
  } else {
    value = cursor.integer("a number or a variable");
    value = (value + static_cast<uint64_t>(parse_addend(cursor))) >> shift & 0xFF;
  }
  cursor.expect(')');
  return value;
}

// The bytes of one value as the variable's type stores it; 0 where the address of a symbol is filled in later.
uint64_t parse_initial_value(Cursor& cursor, Variable& variable) {
  if (cursor.peek().kind == Token::Kind::word) {
    SymbolBytes symbol = parse_symbol(cursor);
    if (variable.type.bits < 32)
      invalid_ptx("'" + variable.name + "' is too narrow for the address of '" + symbol.name + "'", symbol.line);
    symbol.at = variable.initial.size();
    symbol.bytes = variable.type.bytes();
    variable.symbols.push_back(std::move(symbol));
    return 0;
  }
  const bool negative = cursor.accept('-');
  const Token& token = cursor.next();
  if (token.kind == Token::Kind::integer && cursor.peek().is('('))
    return parse_masked(cursor, variable, token.bits, token.line);
  const bool is_float = variable.type.type_class == TypeClass::floating, is_double = variable.type.bits == 64;
  const bool is_number = token.kind == Token::Kind::f32 || token.kind == Token::Kind::f64;
  if (token.kind == Token::Kind::integer && !is_float) return negative ? 0 - token.bits : token.bits;
  if (!is_number || (!is_float && variable.type.type_class != TypeClass::untyped))
    unsupported("initial value '" + std::string(token.text) + "' of '" + variable.name + "' (numbers of its type are)",
                token.line);
  double value = token.kind == Token::Kind::f64 ? std::bit_cast<double>(token.bits)
                                                : std::bit_cast<float>(static_cast<uint32_t>(token.bits));
  if (negative) value = -value;
  return is_double ? std::bit_cast<uint64_t>(value) : std::bit_cast<uint32_t>(static_cast<float>(value));
}

// Fills one dimension of the array; `row_bytes` are of one element of it, 0 where the array does not say. Missing
// elements are zero (PTX ISA 5.4.4).
void parse_initial_values(Cursor& cursor, Variable& variable, const std::vector<uint64_t>& extents, size_t dimension,
                          uint64_t row_bytes) {
  if (!cursor.accept('{')) {
    return append(variable.initial, parse_initial_value(cursor, variable), variable.type.bytes());
  }
  if (dimension > extents.size())
    invalid_ptx("'" + variable.name + "' has initial values in more braces than dimensions", cursor.line());
  const uint64_t extent = dimension + 1 < extents.size() ? extents[dimension + 1] : 1;
  while (!cursor.accept('}')) {
    const uint64_t before = variable.initial.size();
    const bool nested = cursor.peek().is('{');
    parse_initial_values(cursor, variable, extents, dimension + 1, extent == 0 ? 0 : row_bytes / extent);
    if (nested && row_bytes != 0) {
      if (variable.initial.size() > before + row_bytes)
        invalid_ptx("'" + variable.name + "' has " + std::to_string(variable.initial.size() - before) +
                        " bytes of initial values for a row of " + std::to_string(row_bytes),
                    cursor.line());
      if (before + row_bytes > kLargestInitialised)
        unsupported("initial values of '" + variable.name + "' that reach beyond 64 MiB", cursor.line());
      variable.initial.resize(before + row_bytes);
    }
    if (!cursor.peek().is('}')) cursor.expect(',');
  }
}

// What a declaration says before its names.
struct Prefix {
  Variable variable;
  uint32_t vector_length = 1;
};

Prefix parse_prefix(Cursor& cursor, StateSpace space, bool is_extern) {
  Prefix prefix{};
  prefix.variable.space = space;
  prefix.variable.is_extern = is_extern;
  bool has_type = false;
  parse_attributes(cursor, prefix.variable, has_type, prefix.vector_length);
  if (!has_type) cursor.wrong("a type");
  return prefix;
}

Variable parse_name(Cursor& cursor, const Prefix& prefix) {
  Variable variable = prefix.variable;
  variable.line = cursor.line();
  variable.name = cursor.word("a name");
  const std::vector<uint64_t> extents = parse_extents(cursor, variable);
  uint64_t count = 1;
  for (const uint64_t extent : extents) count *= extent;
  uint64_t row_bytes = uint64_t{prefix.vector_length} * variable.type.bytes();
  for (size_t i = 1; i < extents.size(); i++) row_bytes *= extents[i];
  if (cursor.accept('=')) {
    if (variable.space != StateSpace::global && variable.space != StateSpace::constant)
      invalid_ptx("'" + variable.name + "' has initial values, which only .global and .const take", cursor.line());
    parse_initial_values(cursor, variable, extents, 0, row_bytes);
  }
  const uint64_t declared = count * prefix.vector_length * variable.type.bytes();
  if (declared != 0 && variable.initial.size() > declared)
    invalid_ptx("'" + variable.name + "' has " + std::to_string(variable.initial.size()) +
                    " bytes of initial values for " + std::to_string(declared),
                variable.line);
  variable.size = declared != 0 ? declared : variable.initial.size();
  if (variable.size == 0 && !variable.is_extern) invalid_ptx("'" + variable.name + "' has no size", variable.line);
  variable.align = std::max(variable.align, variable.type.bytes() * prefix.vector_length);
  if (variable.space == StateSpace::param && variable.type.bits == 64 && count == 1)
    variable.is_pointer = variable.is_pointer || !variable.type.is_signed();
  return variable;
}

}  // namespace

Variable parse_variable(Cursor& cursor, StateSpace space, bool is_extern) {
  return parse_name(cursor, parse_prefix(cursor, space, is_extern));
}

std::vector<Variable> parse_variables(Cursor& cursor, StateSpace space, bool is_extern) {
  const Prefix prefix = parse_prefix(cursor, space, is_extern);
  std::vector<Variable> variables;
  do {
    variables.push_back(parse_name(cursor, prefix));
  } while (cursor.accept(','));
  return variables;
}

}  // namespace decode_lab::ptx
