// Gives every register, immediate and special register of a function its row in a warp's register file.
#pragma once
#include <map>
#include <vector>

#include "machine/program.h"
#include "ptx/module.h"

namespace decode_lab::instructions {

// Addresses of variables within their state spaces (shared and local: bytes from 0; global: device addresses).
// What lies on a thread's stack: bytes from the start of the function's local memory, which is 0 for an entry.
struct Addresses {
  uint64_t of(const ptx::Variable& variable) const;  // throws PTX_UNSUPPORTED for one that another module defines

  std::map<const ptx::Variable*, uint64_t> variables;
  std::map<const ptx::Function*, uint64_t> functions;
};

// Of the module: 90 for sm_90; is_specific for sm_90a.
struct Target {
  uint32_t number;
  bool is_specific;
};

class RegisterLayout {
 public:
  RegisterLayout(const ptx::Function& function, const Addresses& addresses, Target target)
      : function_(function), addresses_(addresses), target_(target) {}

  machine::Slot of_register(int index);
  machine::Slot of_constant(uint32_t bits, uint64_t value);
  machine::Slot of_special(machine::SpecialRegister which, uint32_t bits);
  // The address of byte `offset` of the function's local memory.
  machine::Slot of_stack_address(uint32_t bits, uint64_t offset);
  bool is_entry() const { return function_.is_entry; }
  // Where the variables of calls and the registers of formal parameters lie.
  machine::ValuePlace place_of(const ptx::Variable& variable);
  machine::Slot carry_flag();         // CC.CF of the extended-precision instructions (PTX ISA 9.7.2), one bit per lane
  machine::Slot sink(uint32_t bits);  // where `_` goes
  uint64_t address_of(const ptx::Variable& variable) const { return addresses_.of(variable); }
  uint64_t address_of(const ptx::Function& function) const { return addresses_.functions.at(&function); }
  const ptx::Register& declaration(int index) const { return function_.registers[static_cast<size_t>(index)]; }

  Target target() const { return target_; }

  std::vector<machine::RegisterRow> registers() const;
  std::vector<machine::ConstantRow> constants() const;
  std::vector<machine::SpecialRow> specials() const;
  std::vector<machine::StackRow> stack_rows() const;
  size_t bytes() const { return bytes_; }

 private:
  machine::Slot reserve(uint32_t bits);

  const ptx::Function& function_;
  const Addresses& addresses_;
  Target target_;
  std::map<int, machine::Slot> registers_;
  std::map<std::pair<uint32_t, uint64_t>, machine::Slot> constants_;
  std::map<std::pair<machine::SpecialRegister, uint32_t>, machine::Slot> specials_;
  std::map<std::pair<uint32_t, uint64_t>, machine::Slot> stack_rows_;
  std::map<uint32_t, machine::Slot> sinks_;
  machine::Slot carry_flag_ = machine::kNoSlot;
  size_t bytes_ = 0;
};

}  // namespace decode_lab::instructions
