// An entry ready to run: operations, the layout of a warp's register file, and what its memory needs.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "machine/operation.h"
#include "machine/special_registers.h"
#include "ptx/module.h"

namespace decode_lab::machine {

struct ConstantRow {
  Slot slot;
  uint32_t bits;  // width of one lane; 1 = predicate
  uint64_t value;
};

struct SpecialRow {
  Slot slot;
  SpecialRegister which;
};

struct Program {
  const ptx::Function* function;
  std::vector<Operation> operations;  // the last one is an exit
  std::vector<ConstantRow> constants;
  std::vector<SpecialRow> specials;
  size_t register_bytes;  // of one warp
  uint64_t static_shared_bytes;
  uint32_t local_bytes;  // per thread
  bool ctas_communicate;   // strong accesses or fences by which CTAs could learn from each other
  bool depends_on_order;   // what a thread reads from a strong write decides what it may rely on, or does
  uint32_t parameter_bytes;
  std::vector<uint32_t> parameter_offsets;

  const ptx::Instruction& instruction(const Operation& operation) const {
    return function->instructions[operation.instruction];
  }
};

}  // namespace decode_lab::machine
