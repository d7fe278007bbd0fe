// An entry and the device functions that it reaches, ready to run: operations, the layout of their registers and
// stacks.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "machine/operation.h"
#include "machine/special_registers.h"
#include "ptx/module.h"

namespace decode_lab::machine {

struct RegisterRow {
  Slot slot;
  uint32_t bits;  // width of one lane; 1 = predicate
};

struct ConstantRow {
  Slot slot;
  uint32_t bits;  // width of one lane; 1 = predicate
  uint64_t value;
};

struct SpecialRow {
  Slot slot;
  uint32_t bits;
  SpecialRegister which;
};

// The address of something on the thread's stack, the same for all lanes of an activation.
struct StackRow {
  Slot slot;
  uint32_t bits;
  uint64_t offset;  // from the start of the activation's local memory
};

// Where a value that is passed lies for each lane: a register row, or bytes on the thread's stack.
struct ValuePlace {
  bool on_stack;
  uint64_t at;  // slot, or byte of the activation's local memory
  uint32_t bytes;
};

struct CallSite {
  uint32_t procedure;  // kIndirect: the address stands in the row `pointer`
  Slot pointer;
  std::vector<ValuePlace> arguments, results;  // of the caller
  std::vector<uint64_t> targets;               // of an indirect call, if they are listed: addresses
  static constexpr uint32_t kIndirect = ~0u;
};

struct Procedure {
  const ptx::Function* function;
  uint32_t first;                      // operation; the last one of every function is an exit or a return
  uint32_t first_instruction;          // in Program::instructions
  std::vector<RegisterRow> registers;  // those of its text, and the carry flag
  std::vector<ConstantRow> constants;
  std::vector<SpecialRow> specials;
  std::vector<StackRow> stack_rows;
  std::vector<ValuePlace> parameters, results;
  size_t register_bytes;  // of one warp
  uint64_t stack_bytes;   // local memory per thread: its .local variables and .param variables of calls
  uint64_t stack_align;
};

struct Program {
  std::vector<Procedure> procedures;  // the entry is the first
  std::vector<Operation> operations;
  std::vector<const ptx::Instruction*> instructions;  // Operation::instruction is an index into it
  std::vector<std::vector<uint32_t>> branch_tables;   // of brx.idx, operations
  std::vector<CallSite> calls;                        // Operation::argument of calls
  std::map<uint64_t, uint32_t> procedure_at;          // by address
  std::map<uint64_t, std::string> undefined_at;       // names of functions that the module only declares
  uint64_t static_shared_bytes;
  uint64_t reserved_shared_bytes;  // behind the launch's shared memory
  uint64_t local_bytes;            // per thread, for the deepest chain of calls without recursion
  bool ctas_communicate;           // strong accesses or fences by which CTAs could learn from each other
  bool depends_on_order;           // what a thread reads from a strong write decides what it may rely on, or does
  bool writes_relaxed;             // some strong write releases nothing by itself
  uint32_t parameter_bytes;
  std::vector<uint32_t> parameter_offsets;
  bool explicit_cluster;

  const Procedure& entry() const { return procedures.front(); }
  const ptx::Instruction& instruction(const Operation& operation) const { return *instructions[operation.instruction]; }
  // The function that holds an instruction, an index into `instructions`.
  const Procedure& procedure_of(uint32_t instruction) const;
};

inline constexpr uint64_t kSharedUnit = 128;  // bytes, the allocation unit of sm_80 to sm_90 (PTX ISA 10.30)
// The system's shared memory on sm_80 and later, of which cooperative groups use what starts at
// %reserved_smem_offset_1. Only a program that asks for these registers has it.
inline constexpr uint64_t kReservedSharedBytes = 1024;

// Device functions have addresses of their own; no load or store reaches them.
inline constexpr uint64_t function_address(uint64_t index) { return (uint64_t{5} << 32) + 16 * (index + 1); }

}  // namespace decode_lab::machine
