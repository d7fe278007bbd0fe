#include "instructions/decoding.h"

#include <algorithm>
#include <bit>

#include "error.h"

namespace decode_lab::instructions {

using machine::Slot;
using Kind = ptx::Operand::Kind;

namespace {

// The first target that has a special register (PTX ISA chapter 10), of those newer than sm_70.
uint32_t first_target_of(std::string_view special) {
  for (const std::string_view newer : {"%cluster", "%ncluster", "%is_explicit_cluster", "%aggr_smem_size"})
    if (special.starts_with(newer)) return 90;
  return special.starts_with("%reserved_smem") ? 80 : 0;
}

}  // namespace

bool Decoding::take(std::string_view modifier) {
  const auto found = std::find(modifiers_.begin(), modifiers_.end(), modifier);
  if (found == modifiers_.end()) return false;
  modifiers_.erase(found);
  return true;
}

std::string Decoding::take_one_of(std::initializer_list<std::string_view> modifiers) {
  for (const auto modifier : modifiers)
    if (take(modifier)) return std::string(modifier);
  return "";
}

ptx::Type Decoding::take_type() {
  for (const auto& modifier : modifiers_) {
    if (const auto type = ptx::parse_type(modifier)) {
      take(modifier);
      return *type;
    }
  }
  refuse("without a type");
}

ptx::Type Decoding::take_type(std::span<const std::string_view> legal) {
  const auto type = std::find_if(modifiers_.begin(), modifiers_.end(),
                                 [](const std::string& modifier) { return ptx::parse_type(modifier).has_value(); });
  if (type == modifiers_.end()) refuse("without a type");
  if (std::find(legal.begin(), legal.end(), *type) == legal.end()) {
    std::string list;
    for (const auto word : legal) list += (list.empty() ? "." : ", .") + std::string(word);
    invalid("has type ." + *type + ", not one of " + list);
  }
  return take_type();
}

void Decoding::require_target(uint32_t least) const {
  if (target() >= least) return;
  invalid("needs sm_" + std::to_string(least) + " or higher, the module is for sm_" + std::to_string(target()));
}

void Decoding::require_specific_target(uint32_t least) const {
  require_target(least);
  if (layout_.target().is_specific) return;
  invalid("needs sm_" + std::to_string(least) + "a, the module is for sm_" + std::to_string(target()));
}

void Decoding::require_no_modifiers() const {
  if (!modifiers_.empty()) refuse("with '." + modifiers_.front() + "'");
}

void Decoding::require_second_destination_taken() const {
  if (instruction_.second_destination && !second_destination_taken_) invalid("takes no second destination");
}

void Decoding::require_operands(size_t least, size_t most) const {
  const size_t count = instruction_.operands.size();
  if (count >= least && count <= most) return;
  invalid("takes " + std::to_string(least) + (least == most ? "" : " to " + std::to_string(most)) +
          " operands, found " + std::to_string(count));
}

Slot Decoding::register_slot(const ptx::Operand& operand, ptx::Type type) {
  if (!operand.selector.empty()) invalid("takes no sub-word operand '" + operand.name + "'");
  if (operand.minus) invalid("takes no operand '-" + operand.name + "'");
  const ptx::Register& reg = layout_.declaration(operand.reg);
  if (reg.type.bits != type.bits)
    invalid("needs a ." + to_string(type) + " register, '" + reg.name + "' is ." + to_string(reg.type));
  return layout_.of_register(operand.reg);
}

uint64_t Decoding::immediate_bits(const ptx::Operand& operand, ptx::Type type) const {
  const uint64_t mask = type.bits == 64 ? ~uint64_t{0} : (uint64_t{1} << type.bits) - 1;
  if (operand.kind == Kind::immediate) {
    if (type == ptx::kPredicate) return operand.bits != 0 ? 1 : 0;
    if (type.type_class == ptx::TypeClass::floating && operand.bits != 0) invalid("needs a floating-point constant");
    return operand.bits & mask;
  }
  if (operand.is_single)
    return type.bits == 64 && type.type_class == ptx::TypeClass::floating
               ? std::bit_cast<uint64_t>(static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(operand.bits))))
               : operand.bits;
  if (type.bits == 32) return std::bit_cast<uint32_t>(static_cast<float>(std::bit_cast<double>(operand.bits)));
  if (type.bits == 64) return operand.bits;
  invalid("takes no floating-point constant of " + std::to_string(type.bits) + " bits");
}

Slot Decoding::source(const ptx::Operand& operand, ptx::Type type) {
  switch (operand.kind) {
    case Kind::reg:
      if (operand.negated) refuse("with a negated operand '!" + operand.name + "'");
      uses.push_back(operand.reg);
      return register_slot(operand, type);
    case Kind::immediate:
    case Kind::floating_immediate:
      return layout_.of_constant(type.bits, immediate_bits(operand, type));
    case Kind::variable:
    case Kind::function:
      return address_of(operand, type);
    case Kind::special:
      return special(operand, type);
    default:
      refuse("with an operand of this form");
  }
}

// A parameter of a device function whose address is taken lies on the stack, in .local (PTX ISA 5.1.6.4).
Slot Decoding::address_of(const ptx::Operand& operand, ptx::Type type) {
  if (type.bits != 64 && type.bits != 32) invalid("takes no address of " + std::to_string(type.bits) + " bits");
  const uint64_t mask = type.bits == 32 ? 0xFFFFFFFF : ~uint64_t{0};
  if (operand.kind == Kind::function) {
    if (type.bits != 64) invalid("takes no address of a function in 32 bits");
    return layout_.of_constant(64, layout_.address_of(*operand.function));
  }
  const ptx::Variable& variable = *operand.variable;
  if (variable.role == ptx::ParameterRole::argument)
    invalid("takes the address of '" + variable.name + "', a parameter of a call");
  const uint64_t address = (layout_.address_of(variable) + static_cast<uint64_t>(operand.offset)) & mask;
  if (variable.space == ptx::StateSpace::local || variable.on_stack())
    return layout_.of_stack_address(type.bits, address);
  return layout_.of_constant(type.bits, address);
}

Slot Decoding::special(const ptx::Operand& operand, ptx::Type type) {
  const auto known = machine::parse_special_register(operand.name);
  if (!known) refuse("with special register '" + operand.name + "'");
  if (machine::is_clock(known->which)) refuse("with '" + operand.name + "' (mov is)");
  require_target(first_target_of(operand.name));
  if (type.bits > known->bits || (type.bits == 1) != (known->bits == 1))
    invalid("takes '" + operand.name + "' of " + std::to_string(known->bits) + " bits as one of " +
            std::to_string(type.bits));
  return layout_.of_special(known->which, type.bits);
}

Slot Decoding::destination(const ptx::Operand& operand, ptx::Type type) {
  if (instruction_.second_destination && &operand == &*instruction_.second_destination)
    second_destination_taken_ = true;
  if (operand.kind == Kind::sink) return layout_.sink(type.bits);
  if (operand.kind != Kind::reg || operand.negated) invalid("needs a register as its destination");
  definitions.push_back(operand.reg);
  return register_slot(operand, type);
}

Slot Decoding::source(size_t index, ptx::Type type) { return source(operand(index), type); }
Slot Decoding::destination(size_t index, ptx::Type type) { return destination(operand(index), type); }

Slot Decoding::predicate(size_t index, bool& negated) {
  ptx::Operand plain = operand(index);
  negated = plain.negated;
  plain.negated = false;
  return source(plain, ptx::kPredicate);
}

uint64_t Decoding::immediate(size_t index) const {
  if (operand(index).kind != Kind::immediate) refuse("without an immediate operand " + std::to_string(index + 1));
  return operand(index).bits;
}

ptx::Type Decoding::register_type(const ptx::Operand& operand) const {
  if (operand.kind != Kind::reg) refuse("without a register operand");
  return layout_.declaration(operand.reg).type;
}

void Decoding::refuse(const std::string& why) const {
  unsupported("instruction '" + instruction_.text + "' " + (why.empty() ? "" : why + " ") + "is not supported",
              instruction_.line);
}

void Decoding::invalid(const std::string& why) const {
  invalid_ptx("instruction '" + instruction_.text + "' " + why, instruction_.line);
}

}  // namespace decode_lab::instructions
