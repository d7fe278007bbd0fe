// PTX entry and the functions that it reaches → executable form. Everything that cannot run is refused here, before the
// first instruction does.
#pragma once
#include "instructions/register_layout.h"
#include "machine/program.h"
#include "ptx/module.h"

namespace decode_lab::interpreter {

// Local memory of one activation of a function, per thread.
struct StackLayout {
  uint64_t bytes;
  uint64_t align;
};

// Where the variables of a module and its reached functions lie, and how much room each state space needs.
struct VariableLayout {
  instructions::Addresses addresses;
  std::map<const ptx::Function*, StackLayout> stacks;
  uint64_t shared_bytes;  // static
  uint64_t constant_bytes;
  uint64_t parameter_bytes;
  std::vector<uint32_t> parameter_offsets;
  std::vector<const ptx::Variable*> globals;  // the i-th is global buffer i
  instructions::Target target;
  std::vector<const ptx::Variable*> constants;
};

VariableLayout lay_out_variables(const ptx::Module& module, const ptx::Function& entry);

// Throws PTX_UNSUPPORTED and PTX_INVALID. The program points into `module`.
machine::Program decode(const ptx::Module& module, const VariableLayout& variables);

}  // namespace decode_lab::interpreter
