// PTX entry → executable form. Everything that cannot run is refused here, before the first instruction does.
#pragma once
#include "instructions/register_layout.h"
#include "machine/program.h"
#include "ptx/module.h"

namespace decode_lab::interpreter {

// Where the variables of a module and an entry lie, and how much room each state space needs.
struct VariableLayout {
  instructions::VariableAddresses addresses;
  uint64_t shared_bytes;  // static
  uint64_t local_bytes;   // per thread
  uint64_t constant_bytes;
  uint64_t parameter_bytes;
  std::vector<uint32_t> parameter_offsets;
  std::vector<const ptx::Variable*> globals;  // the i-th is global buffer i
  uint32_t target;                            // of the module, 80 for sm_80
};

VariableLayout lay_out_variables(const ptx::Module& module, const ptx::Function& entry);

// Throws PTX_UNSUPPORTED and PTX_INVALID. The program points into `entry`.
machine::Program decode(const ptx::Function& entry, const VariableLayout& variables);

}  // namespace decode_lab::interpreter
