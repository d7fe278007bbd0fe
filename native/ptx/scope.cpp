#include "ptx/scope.h"

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
  function_.variables.push_back(std::move(variable));
  const Variable& stored = function_.variables.back();
  if (!scopes_.back().variables.emplace(stored.name, &stored).second)
    invalid_ptx("variable '" + stored.name + "' is declared twice", stored.line);
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
  for (const Variable& parameter : function_.parameters)
    if (parameter.name == name) return &parameter;
  for (const Variable& variable : module_.variables)
    if (variable.name == name) return &variable;
  return nullptr;
}

void Scopes::refer_to_label(const std::string& name, uint32_t instruction, uint32_t operand, int line) {
  scopes_.back().references.push_back({name, instruction, operand, line});
}

}  // namespace decode_lab::ptx
