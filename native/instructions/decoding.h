// One instruction on its way from text to an Operation: its modifiers are taken one by one, its operands become slots.
// What a decoder does not take is refused by name, so no qualifier is ever ignored.
#pragma once
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "instructions/register_layout.h"
#include "machine/program.h"
#include "ptx/module.h"

namespace decode_lab::instructions {

class Decoding {
 public:
  Decoding(const ptx::Instruction& instruction, RegisterLayout& layout, machine::Operation& result)
      : operation(result), instruction_(instruction), layout_(layout), modifiers_(instruction.modifiers) {}

  machine::Operation& operation;

  const ptx::Instruction& instruction() const { return instruction_; }

  bool take(std::string_view modifier);                                        // was it there?
  std::string take_one_of(std::initializer_list<std::string_view> modifiers);  // "" if none was
  ptx::Type take_type();                                                       // refuses if there is none
  // The next type, which must be one of these words.
  ptx::Type take_type(std::span<const std::string_view> legal);
  ptx::Type take_type(std::initializer_list<std::string_view> legal) { return take_type(std::span(legal)); }
  void require_no_modifiers() const;              // refuses what is left
  void require_second_destination_taken() const;  // refuses the q of p|q otherwise

  void require_operands(size_t count) const { require_operands(count, count); }
  void require_operands(size_t least, size_t most) const;
  const ptx::Operand& operand(size_t index) const { return instruction_.operands[index]; }

  // Slots of operand `index`; the register's width must be the type's.
  machine::Slot source(size_t index, ptx::Type type);
  machine::Slot destination(size_t index, ptx::Type type);
  machine::Slot source(const ptx::Operand& operand, ptx::Type type);
  machine::Slot destination(const ptx::Operand& operand, ptx::Type type);
  // A predicate that may be written negated; the flag goes to `negated`.
  machine::Slot predicate(size_t index, bool& negated);
  machine::Slot address_of(const ptx::Operand& operand, ptx::Type type);  // of a variable or function
  machine::Slot special(const ptx::Operand& operand, ptx::Type type);
  machine::Slot stack_base() { return layout_.of_stack_address(64, 0); }
  machine::ValuePlace place_of(const ptx::Variable& variable) { return layout_.place_of(variable); }
  machine::Slot carry_flag() { return layout_.carry_flag(); }
  machine::Slot constant(uint32_t bits, uint64_t value) { return layout_.of_constant(bits, value); }
  machine::Slot scratch(uint32_t bits) { return layout_.sink(bits); }  // a row whose contents nothing keeps
  uint32_t target() const { return layout_.target().number; }          // 80 for sm_80
  uint64_t immediate(size_t index) const;
  ptx::Type register_type(const ptx::Operand& operand) const;  // refuses anything but a register
  const RegisterLayout& layout() const { return layout_; }
  void require_target(uint32_t least) const;           // refuses what a newer target brought
  void require_specific_target(uint32_t least) const;  // what only sm_90a, not sm_90, has

  [[noreturn]] void refuse(const std::string& why) const;   // PTX_UNSUPPORTED
  [[noreturn]] void invalid(const std::string& why) const;  // PTX_INVALID

  std::vector<int> uses, definitions;     // registers
  std::vector<uint32_t> branch_targets;   // of brx.idx: instructions of the function
  std::optional<machine::CallSite> call;  // `procedure` is left to the verifier, who knows all functions

 private:
  machine::Slot register_slot(const ptx::Operand& operand, ptx::Type type);
  uint64_t immediate_bits(const ptx::Operand& operand, ptx::Type type) const;

  const ptx::Instruction& instruction_;
  RegisterLayout& layout_;
  std::vector<std::string> modifiers_;
  bool second_destination_taken_ = false;
};

}  // namespace decode_lab::instructions
