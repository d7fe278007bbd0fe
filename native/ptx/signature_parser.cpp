#include "ptx/signature_parser.h"

#include "ptx/variable_parser.h"

namespace decode_lab::ptx {

namespace {

std::array<uint32_t, 3> parse_dimensions(Cursor& cursor, const char* what) {
  std::array<uint32_t, 3> result{1, 1, 1};
  size_t i = 0;
  do {
    result.at(i++) = static_cast<uint32_t>(cursor.integer(what));
  } while (i < 3 && cursor.accept(','));
  return result;
}

void parse_pragma(Cursor& cursor) {
  do {
    cursor.string("a pragma");
  } while (cursor.accept(','));
  cursor.expect(';');
}

// Directives that only an entry takes.
bool parse_entry_directive(Cursor& cursor, Function& entry, const std::string& name) {
  if (name == ".reqntid") return entry.reqntid = parse_dimensions(cursor, "a thread count"), true;
  if (name == ".maxntid") return entry.maxntid = parse_dimensions(cursor, "a thread count"), true;
  if (name == ".reqnctapercluster") {
    entry.cluster = parse_dimensions(cursor, "a CTA count");
    return entry.explicit_cluster = true;
  }
  if (name == ".explicitcluster") return entry.explicit_cluster = true;
  if (name == ".minnctapersm" || name == ".maxnctapersm" || name == ".maxnreg" || name == ".maxclusterrank")
    return cursor.integer("a number"), true;
  return false;
}

bool parse_device_directive(Cursor& cursor, Function& function, const std::string& name, int line) {
  if (name == ".abi_preserve" || name == ".abi_preserve_control") return cursor.integer("a register count"), true;
  if (name != ".noreturn") return false;
  if (!function.results.empty()) invalid_ptx("'" + function.name + "' is .noreturn and has a result", line);
  return function.never_returns = true;
}

Variable parse_formal(Cursor& cursor, ParameterRole role) {
  const int line = cursor.line();
  const std::string space = cursor.word(".param or .reg");
  if (space != ".param" && space != ".reg") syntax_error("expected .param or .reg, found '" + space + "'", line);
  Variable formal = parse_variable(cursor, StateSpace::param, false);
  formal.role = role;
  formal.in_register = space == ".reg";
  if (formal.in_register && (formal.type.bits < 16 || formal.type.bits > 64 || formal.size != formal.type.bytes()))
    unsupported("parameter '" + formal.name + "' as a register of type ." + to_string(formal.type), formal.line);
  if (formal.size == 0) unsupported("parameter '" + formal.name + "' without a size", formal.line);
  return formal;
}

bool agree(const std::deque<Variable>& a, const std::deque<Variable>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++)
    if (a[i].size != b[i].size || a[i].in_register != b[i].in_register) return false;
  return true;
}

}  // namespace

void parse_kernel_parameters(Cursor& cursor, Function& entry) {
  if (!cursor.accept('(') || cursor.accept(')')) return;
  do {
    if (!cursor.accept_word(".param")) cursor.wrong(".param");
    entry.parameters.push_back(parse_variable(cursor, StateSpace::param, false));
    entry.parameters.back().role = ParameterRole::kernel;
  } while (cursor.accept(','));
  cursor.expect(')');
}

std::deque<Variable> parse_formals(Cursor& cursor, ParameterRole role) {
  std::deque<Variable> formals;
  cursor.expect('(');
  if (cursor.accept(')')) return formals;
  do {
    formals.push_back(parse_formal(cursor, role));
  } while (cursor.accept(','));
  cursor.expect(')');
  if (role == ParameterRole::result && formals.size() > 1)
    unsupported(std::to_string(formals.size()) + " results of one function (one is)", formals[1].line);
  return formals;
}

void parse_directives(Cursor& cursor, Function& function) {
  while (!cursor.peek().is('{') && !cursor.peek().is(';')) {
    const int line = cursor.line();
    const std::string name = cursor.word("a performance directive or '{'");
    if (name == ".pragma")
      parse_pragma(cursor);
    else if (function.is_entry ? !parse_entry_directive(cursor, function, name)
                               : !parse_device_directive(cursor, function, name, line))
      unsupported("performance directive '" + name + "'", line);
  }
}

bool parse_prototype_directives(Cursor& cursor) {
  Function prototype{};
  parse_directives(cursor, prototype);
  return prototype.never_returns;
}

void require_same_signature(const Signature& a, const Signature& b, const std::string& name, int line) {
  if (!agree(a.parameters, b.parameters) || !agree(a.results, b.results))
    invalid_ptx("function '" + name + "' is declared with other parameters before", line);
}

}  // namespace decode_lab::ptx
