#include "instructions/register_layout.h"

#include "error.h"

namespace decode_lab::instructions {

using machine::Slot;

uint64_t Addresses::of(const ptx::Variable& variable) const {
  const auto known = variables.find(&variable);
  if (known == variables.end())
    unsupported("variable '" + variable.name + "', which another module defines, is not supported", variable.line);
  return known->second;
}

// Rows start on vector boundaries; a predicate is one 32-bit mask and takes the space of a short row.
Slot RegisterLayout::reserve(uint32_t bits) {
  const size_t row = bits == 1 ? sizeof(machine::LaneMask) : size_t{machine::kLanes} * bits / 8;
  const auto slot = static_cast<Slot>(bytes_);
  bytes_ += (row + machine::kRowAlignment - 1) / machine::kRowAlignment * machine::kRowAlignment;
  return slot;
}

Slot RegisterLayout::of_register(int index) {
  const auto known = registers_.find(index);
  return known != registers_.end() ? known->second : registers_[index] = reserve(declaration(index).type.bits);
}

Slot RegisterLayout::of_constant(uint32_t bits, uint64_t value) {
  const std::pair key{bits, value};
  const auto known = constants_.find(key);
  return known != constants_.end() ? known->second : constants_[key] = reserve(bits);
}

Slot RegisterLayout::of_special(machine::SpecialRegister which, uint32_t bits) {
  const std::pair key{which, bits};
  const auto known = specials_.find(key);
  return known != specials_.end() ? known->second : specials_[key] = reserve(bits);
}

Slot RegisterLayout::of_stack_address(uint32_t bits, uint64_t offset) {
  if (is_entry()) return of_constant(bits, offset);
  const std::pair key{bits, offset};
  const auto known = stack_rows_.find(key);
  return known != stack_rows_.end() ? known->second : stack_rows_[key] = reserve(bits);
}

machine::ValuePlace RegisterLayout::place_of(const ptx::Variable& variable) {
  if (!variable.in_register) return {true, address_of(variable), static_cast<uint32_t>(variable.size)};
  return {false, of_register(variable.reg), variable.type.bytes()};
}

Slot RegisterLayout::carry_flag() { return carry_flag_ != machine::kNoSlot ? carry_flag_ : carry_flag_ = reserve(1); }

Slot RegisterLayout::sink(uint32_t bits) {
  const auto known = sinks_.find(bits);
  return known != sinks_.end() ? known->second : sinks_[bits] = reserve(bits);
}

std::vector<machine::RegisterRow> RegisterLayout::registers() const {
  std::vector<machine::RegisterRow> rows;
  for (const auto& [index, slot] : registers_) rows.push_back({slot, declaration(index).type.bits});
  if (carry_flag_ != machine::kNoSlot) rows.push_back({carry_flag_, 1});
  return rows;
}

std::vector<machine::ConstantRow> RegisterLayout::constants() const {
  std::vector<machine::ConstantRow> rows;
  for (const auto& [key, slot] : constants_) rows.push_back({slot, key.first, key.second});
  return rows;
}

std::vector<machine::SpecialRow> RegisterLayout::specials() const {
  std::vector<machine::SpecialRow> rows;
  for (const auto& [key, slot] : specials_) rows.push_back({slot, key.second, key.first});
  return rows;
}

std::vector<machine::StackRow> RegisterLayout::stack_rows() const {
  std::vector<machine::StackRow> rows;
  for (const auto& [key, slot] : stack_rows_) rows.push_back({slot, key.first, key.second});
  return rows;
}

}  // namespace decode_lab::instructions
