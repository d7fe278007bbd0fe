#include "ptx/scope.h"

#include <algorithm>
#include <charconv>

#include "error.h"

namespace decode_lab::ptx {

namespace {

// "%r12" → {"%r", 12}; nothing for a name without a plain decimal tail.
std::optional<std::pair<std::string, uint64_t>> split_index(const std::string& name) {
  size_t digits = name.size();
  while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9') digits--;
  if (digits == name.size() || (name[digits] == '0' && digits + 1 < name.size())) return std::nullopt;
  uint64_t index = 0;
  if (std::from_chars(name.data() + digits, name.data() + name.size(), index).ec != std::errc()) return std::nullopt;
  return {{name.substr(0, digits), index}};
}

}  // namespace

// Sibling scopes share the parameter area: a thread is in one of them at a time.
void Scopes::open() {
  const uint64_t call_end = scopes_.empty() ? 0 : scopes_.back().call_end;
  scopes_.emplace_back().call_end = call_end;
}

void Scopes::close() {
  Scope scope = std::move(scopes_.back());
  scopes_.pop_back();
  for (Reference& reference : scope.references) {
    const auto label = scope.labels.find(reference.name);
    if (label != scope.labels.end())
      function_.instructions[reference.instruction].operands[reference.operand].offset = label->second;
    else if (scopes_.empty())
      invalid_ptx("label '" + reference.name + "' is not defined", reference.line);
    else
      scopes_.back().references.push_back(std::move(reference));
  }
}

void Scopes::declare_register(const std::string& name, Type type, int line) {
  if (!scopes_.back().declared.emplace(name, type).second)
    invalid_ptx("register '" + name + "' is declared twice", line);
}

void Scopes::declare_register_range(const std::string& prefix, Type type, uint64_t count, int line) {
  if (!scopes_.back().ranges.emplace(prefix, Range{type, count}).second)
    invalid_ptx("registers '" + prefix + "' are declared twice", line);
}

void Scopes::declare_variable(Variable variable) {
  if (variable.role == ParameterRole::argument) place_in_call_area(variable);
  function_.variables.push_back(std::move(variable));
  const Variable& stored = function_.variables.back();
  if (!scopes_.back().variables.emplace(stored.name, &stored).second)
    invalid_ptx("variable '" + stored.name + "' is declared twice", stored.line);
}

void Scopes::place_in_call_area(Variable& parameter) {
  uint64_t& end = scopes_.back().call_end;
  parameter.call_offset = (end + parameter.align - 1) / parameter.align * parameter.align;
  end = parameter.call_offset + parameter.size;
  function_.call_bytes = std::max(function_.call_bytes, end);
}

void Scopes::define_label(const std::string& name, int line) {
  const auto index = static_cast<uint32_t>(function_.instructions.size());
  if (!scopes_.back().labels.emplace(name, index).second) invalid_ptx("label '" + name + "' is defined twice", line);
}

int Scopes::create(Scope& scope, const std::string& name, Type type) {
  const int index = static_cast<int>(function_.registers.size());
  function_.registers.push_back({name, type});
  scope.registers.emplace(name, index);
  return index;
}

int Scopes::find_register(const std::string& name) {
  const auto indexed = split_index(name);
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    if (const auto known = scope->registers.find(name); known != scope->registers.end()) return known->second;
    if (const auto one = scope->declared.find(name); one != scope->declared.end())
      return create(*scope, name, one->second);
    if (!indexed) continue;
    const auto range = scope->ranges.find(indexed->first);
    if (range != scope->ranges.end() && indexed->second < range->second.count)
      return create(*scope, name, range->second.type);
  }
  return -1;
}

const Variable* Scopes::find_variable(const std::string& name) const {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
    if (const auto known = scope->variables.find(name); known != scope->variables.end()) return known->second;
  for (const auto* formals : {&function_.parameters, &function_.results})
    for (const Variable& formal : *formals)
      if (formal.name == name && !formal.in_register) return &formal;
  return module_.find_variable(name);
}

void Scopes::declare_branch_targets(const std::string& name, std::vector<std::string> labels, int line) {
  if (!scopes_.back().branch_targets.emplace(name, std::move(labels)).second)
    invalid_ptx("label '" + name + "' is defined twice", line);
}

void Scopes::declare_callees(const std::string& name, Operand callees, int line) {
  if (!scopes_.back().callees.emplace(name, std::move(callees)).second)
    invalid_ptx("label '" + name + "' is defined twice", line);
}

const std::vector<std::string>* Scopes::find_branch_targets(const std::string& name) const {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
    if (const auto known = scope->branch_targets.find(name); known != scope->branch_targets.end())
      return &known->second;
  return nullptr;
}

const Operand* Scopes::find_callees(const std::string& name) const {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
    if (const auto known = scope->callees.find(name); known != scope->callees.end()) return &known->second;
  return nullptr;
}

void Scopes::refer_to_label(const std::string& name, uint32_t instruction, uint32_t operand, int line) {
  scopes_.back().references.push_back({name, instruction, operand, line});
}

}  // namespace decode_lab::ptx
