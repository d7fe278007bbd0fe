// Names of one function: registers, variables and labels live in brace scopes (PTX ISA 4.4, 5.4.6, 9.7.12.1).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "ptx/module.h"

namespace decode_lab::ptx {

class Scopes {
 public:
  Scopes(Function& function, const Module& module) : function_(function), module_(module) {}

  void open();
  void close();  // throws PTX_INVALID for a label that no enclosing scope defines, when it is the last scope

  void declare_register(const std::string& name, Type type, int line);
  void declare_register_range(const std::string& prefix, Type type, uint64_t count, int line);
  void declare_variable(Variable variable);
  void place_in_call_area(Variable& parameter);  // sets its call_offset
  void define_label(const std::string& name, int line);

  int find_register(const std::string& name);  // -1 if there is none
  const Variable* find_variable(const std::string& name) const;
  const Function* find_function(const std::string& name) const { return module_.find_function(name); }

  // Labels of .branchtargets, .calltargets and .callprototype, known from their line on.
  void declare_branch_targets(const std::string& name, std::vector<std::string> labels, int line);
  void declare_callees(const std::string& name, Operand callees, int line);
  const std::vector<std::string>* find_branch_targets(const std::string& name) const;  // null if there is none
  const Operand* find_callees(const std::string& name) const;

  // The label operand is resolved when its scope closes: operand `operand` of the instruction being parsed.
  void refer_to_label(const std::string& name, uint32_t instruction, uint32_t operand, int line);

 private:
  struct Range {
    Type type;
    uint64_t count;
  };
  struct Reference {
    std::string name;
    uint32_t instruction, operand;
    int line;
  };
  struct Scope {
    std::map<std::string, int> registers;
    std::map<std::string, Type> declared;
    std::map<std::string, Range> ranges;
    std::map<std::string, const Variable*> variables;
    std::map<std::string, std::vector<std::string>> branch_targets;
    std::map<std::string, Operand> callees;
    uint64_t call_end = 0;  // of the .param variables of this scope and those around it
    std::map<std::string, uint32_t> labels;
    std::vector<Reference> references;
  };
  int create(Scope& scope, const std::string& name, Type type);

  Function& function_;
  const Module& module_;
  std::vector<Scope> scopes_;
};

}  // namespace decode_lab::ptx
