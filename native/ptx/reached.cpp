#include "ptx/reached.h"

#include <set>

#include "error.h"

namespace decode_lab::ptx {

namespace {

class Reach {
 public:
  Reach(Module& module, const std::function<void(Function&)>& parse) : module_(module), parse_(parse) {}

  void run(Function& entry) {
    add(&entry);
    while (!functions_.empty() || !variables_.empty()) {
      if (!variables_.empty()) {
        Variable& variable = *variables_.back();
        variables_.pop_back();
        for (SymbolBytes& symbol : variable.symbols) resolve(symbol, variable);
      } else {
        Function& function = *functions_.back();
        functions_.pop_back();
        read(function);
      }
    }
  }

 private:
  void read(Function& function) {
    module_.reached.push_back(&function);
    parse_(function);
    for (Variable& variable : function.variables) add(&variable);
    for (const Instruction& instruction : function.instructions)
      for (const Operand& operand : instruction.operands) visit(operand);
  }

  void add(Function* function) {
    if (function->has_body && known_.insert(function).second) functions_.push_back(function);
  }

  void add(Variable* variable) {
    if (visited_.insert(variable).second) variables_.push_back(variable);
  }

  void visit(const Operand& operand) {
    if (operand.function != nullptr) add(module_.function_names.find(operand.name)->second);
    if (operand.variable != nullptr) {
      const auto shared = module_.variable_names.find(operand.variable->name);
      if (shared != module_.variable_names.end() && shared->second == operand.variable) add(shared->second);
    }
    for (const Operand& element : operand.elements) visit(element);
  }

  void resolve(SymbolBytes& symbol, const Variable& holder) {
    const auto function = module_.function_names.find(symbol.name);
    const auto variable = module_.variable_names.find(symbol.name);
    if (variable != module_.variable_names.end()) {
      symbol.variable = variable->second;
      add(variable->second);
    } else if (function != module_.function_names.end()) {
      symbol.function = function->second;
      add(function->second);
    } else {
      invalid_ptx("'" + symbol.name + "' in the initial value of '" + holder.name + "' is not declared", symbol.line);
    }
  }

  Module& module_;
  const std::function<void(Function&)>& parse_;
  std::vector<Function*> functions_;  // found and not yet read
  std::vector<Variable*> variables_;
  std::set<const Function*> known_;
  std::set<const Variable*> visited_;
};

}  // namespace

void parse_reached(Module& module, Function& entry, const std::function<void(Function&)>& parse) {
  Reach(module, parse).run(entry);
}

}  // namespace decode_lab::ptx
