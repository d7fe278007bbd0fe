#include "ptx/call_parser.h"

#include "ptx/operand_parser.h"
#include "ptx/signature_parser.h"

namespace decode_lab::ptx {

namespace {

constexpr uint64_t kMostTargets = 1 << 16;  // of one list

Operand parse_vector(Cursor& cursor, Scopes& scopes) {
  Operand list{};
  list.kind = Operand::Kind::vector;
  cursor.expect('(');
  if (cursor.accept(')')) return list;
  do {
    const int line = cursor.line();
    Operand element = parse_operand(cursor, scopes, 0, 0);
    if (element.kind == Operand::Kind::vector || element.kind == Operand::Kind::address)
      syntax_error("a call takes registers, constants and .param variables", line);
    list.elements.push_back(std::move(element));
  } while (cursor.accept(','));
  cursor.expect(')');
  return list;
}

Operand parse_callee(Cursor& cursor, Scopes& scopes) {
  const int line = cursor.line();
  Operand callee{};
  callee.name = cursor.word("a function or a register");
  callee.reg = scopes.find_register(callee.name);
  callee.kind = callee.reg >= 0 ? Operand::Kind::reg : Operand::Kind::function;
  if (callee.reg >= 0) return callee;
  callee.function = scopes.find_function(callee.name);
  if (callee.function == nullptr)
    invalid_ptx("'" + callee.name + "' is neither a device function nor a register", line);
  return callee;
}

// The array of functions that a call names instead of a list is not needed: the register holds one of them.
Operand parse_callees(Cursor& cursor, Scopes& scopes) {
  const int line = cursor.line();
  const std::string name = cursor.word("a prototype or a list of targets");
  if (const Operand* const known = scopes.find_callees(name)) return *known;
  const Variable* const table = scopes.find_variable(name);
  if (table == nullptr) invalid_ptx("prototype '" + name + "' is not declared before its call", line);
  Operand targets{};
  targets.kind = Operand::Kind::targets;
  for (const SymbolBytes& symbol : table->symbols) {
    Operand& element = targets.elements.emplace_back();
    element.kind = Operand::Kind::function;
    element.name = symbol.name;
    element.function = scopes.find_function(symbol.name);
    if (element.function == nullptr) invalid_ptx("'" + name + "' is no table of device functions", line);
  }
  if (targets.elements.empty()) invalid_ptx("'" + name + "' is no table of device functions", line);
  return targets;
}

std::vector<std::string> parse_labels(Cursor& cursor) {
  std::vector<std::string> labels;
  do {
    const int line = cursor.line();
    const std::string name = cursor.word("a label");
    if (!cursor.accept('<')) {
      labels.push_back(name);
      continue;
    }
    const uint64_t count = cursor.integer("a label count");
    if (count > kMostTargets) unsupported(std::to_string(count) + " labels in one list (up to 65536 are)", line);
    for (uint64_t i = 0; i < count; i++) labels.push_back(name + std::to_string(i));
    cursor.expect('>');
  } while (cursor.accept(','));
  cursor.expect(';');
  return labels;
}

Operand parse_call_targets(Cursor& cursor, Scopes& scopes, int line) {
  Operand targets{};
  targets.kind = Operand::Kind::targets;
  for (std::string& name : parse_labels(cursor)) {
    Operand& element = targets.elements.emplace_back();
    element.kind = Operand::Kind::function;
    element.function = scopes.find_function(name);
    if (element.function == nullptr) invalid_ptx("call target '" + name + "' is no device function", line);
    element.name = std::move(name);
  }
  return targets;
}

Operand parse_prototype(Cursor& cursor, Function& function) {
  Signature prototype{};
  if (cursor.peek().is('(')) prototype.results = parse_formals(cursor, ParameterRole::result);
  if (!cursor.accept_word("_")) cursor.word("'_'");
  if (cursor.peek().is('(')) prototype.parameters = parse_formals(cursor, ParameterRole::input);
  prototype.never_returns = parse_prototype_directives(cursor);
  cursor.expect(';');
  Operand operand{};
  operand.kind = Operand::Kind::prototype;
  operand.prototype = &function.prototypes.emplace_back(std::move(prototype));
  return operand;
}

}  // namespace

std::vector<Operand> parse_call(Cursor& cursor, Scopes& scopes) {
  Operand results{}, arguments{};
  results.kind = arguments.kind = Operand::Kind::vector;
  if (cursor.peek().is('(')) {
    results = parse_vector(cursor, scopes);
    cursor.expect(',');
  }
  const int line = cursor.line();
  Operand callee = parse_callee(cursor, scopes);
  const bool indirect = callee.kind == Operand::Kind::reg;
  std::vector<Operand> callees;
  if (cursor.accept(',')) {
    const bool has_arguments = cursor.peek().is('(');
    if (has_arguments) arguments = parse_vector(cursor, scopes);
    if (!has_arguments || cursor.accept(',')) callees.push_back(parse_callees(cursor, scopes));
  }
  if (indirect && callees.empty())
    invalid_ptx("a call through a register needs a prototype or a list of targets", line);
  if (!indirect && !callees.empty()) invalid_ptx("a call of a function by name takes no prototype", line);
  cursor.expect(';');
  std::vector<Operand> operands{std::move(callee), std::move(results), std::move(arguments)};
  for (Operand& operand : callees) operands.push_back(std::move(operand));
  return operands;
}

bool parse_target_list(Cursor& cursor, Scopes& scopes, Function& function, const std::string& label, int line) {
  if (cursor.accept_word(".branchtargets"))
    scopes.declare_branch_targets(label, parse_labels(cursor), line);
  else if (cursor.accept_word(".calltargets"))
    scopes.declare_callees(label, parse_call_targets(cursor, scopes, line), line);
  else if (cursor.accept_word(".callprototype"))
    scopes.declare_callees(label, parse_prototype(cursor, function), line);
  else
    return false;
  return true;
}

std::vector<Operand> parse_indexed_branch(Cursor& cursor, Scopes& scopes, uint32_t instruction) {
  std::vector<Operand> operands{parse_operand(cursor, scopes, instruction, 0)};
  cursor.expect(',');
  const int line = cursor.line();
  const std::string name = cursor.word("a list of branch targets");
  const std::vector<std::string>* const labels = scopes.find_branch_targets(name);
  if (labels == nullptr) invalid_ptx("branch targets '" + name + "' are not declared before their use", line);
  for (const std::string& label : *labels) {
    Operand& operand = operands.emplace_back();
    operand.kind = Operand::Kind::label;
    operand.name = label;
    scopes.refer_to_label(label, instruction, static_cast<uint32_t>(operands.size() - 1), line);
  }
  cursor.expect(';');
  return operands;
}

}  // namespace decode_lab::ptx
