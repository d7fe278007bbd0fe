// Gives every register, immediate and special register of an entry its row in a warp's register file.
#pragma once
#include <map>
#include <vector>

#include "machine/program.h"
#include "ptx/module.h"

namespace decode_lab::instructions {

// Addresses of variables within their state spaces (shared and local: bytes from 0; global: device addresses).
using VariableAddresses = std::map<const ptx::Variable*, uint64_t>;

class RegisterLayout {
 public:
  // `target`: 80 for sm_80.
  RegisterLayout(const ptx::Function& function, const VariableAddresses& addresses, uint32_t target)
      : function_(function), addresses_(addresses), target_(target) {}

  machine::Slot of_register(int index);
  machine::Slot of_constant(uint32_t bits, uint64_t value);
  machine::Slot of_special(machine::SpecialRegister which);
  machine::Slot carry_flag();         // CC.CF of the extended-precision instructions (PTX ISA 9.7.2), one bit per lane
  machine::Slot sink(uint32_t bits);  // where `_` goes
  uint64_t address_of(const ptx::Variable& variable) const { return addresses_.at(&variable); }
  const ptx::Register& declaration(int index) const { return function_.registers[static_cast<size_t>(index)]; }

  uint32_t target() const { return target_; }

  std::vector<machine::ConstantRow> constants() const;
  std::vector<machine::SpecialRow> specials() const;
  size_t bytes() const { return bytes_; }

 private:
  machine::Slot reserve(uint32_t bits);

  const ptx::Function& function_;
  const VariableAddresses& addresses_;
  uint32_t target_;
  std::map<int, machine::Slot> registers_;
  std::map<std::pair<uint32_t, uint64_t>, machine::Slot> constants_;
  std::map<machine::SpecialRegister, machine::Slot> specials_;
  std::map<uint32_t, machine::Slot> sinks_;
  machine::Slot carry_flag_ = machine::kNoSlot;
  size_t bytes_ = 0;
};

}  // namespace decode_lab::instructions
