#include "instructions/data_movement/memory_operand.h"

#include "instructions/data_movement/access_qualifiers.h"
#include "machine/address_space.h"
#include "machine/memory.h"

namespace decode_lab::instructions {

using machine::Scope;
using machine::Semantics;
using ptx::StateSpace;

StateSpace take_space(Decoding& decoding) {
  const std::string space = decoding.take_one_of(
      {"global", "shared", "shared::cta", "local", "param", "param::entry", "param::func", "const"});
  if (space == "global") return StateSpace::global;
  if (space == "shared" || space == "shared::cta") return StateSpace::shared;
  if (space == "local") return StateSpace::local;
  if (space.starts_with("param")) return StateSpace::param;
  if (space == "const") return StateSpace::constant;
  return StateSpace::generic;
}

std::optional<Scope> take_scope(Decoding& decoding) {
  const std::string scope = decoding.take_one_of({"cta", "cluster", "gpu", "sys"});
  if (scope.empty()) return std::nullopt;
  if (scope == "cluster") decoding.require_target(90);
  return scope == "cta" || scope == "cluster" ? Scope::cta : Scope::gpu;
}

std::string take_prefetch_size(Decoding& decoding) {
  const std::string size = decoding.take_one_of({"L2::64B", "L2::128B", "L2::256B"});
  if (!size.empty()) decoding.require_target(size == "L2::256B" ? 80 : 75);
  return size;
}

size_t take_cache_policy(Decoding& decoding) {
  const size_t operands = decoding.instruction().operands.size();
  if (!decoding.take("L2::cache_hint")) return operands;
  decoding.require_target(80);
  if (operands == 0) decoding.invalid("has .L2::cache_hint without a policy");
  decoding.source(operands - 1, {ptx::TypeClass::untyped, 64});
  return operands - 1;
}

namespace {

// A parameter of a call or of a device function: bytes on the thread's stack (PTX ISA 5.1.6.4).
void bind_stack_parameter(Decoding& decoding, const ptx::Operand& operand, machine::MemoryAccess& memory) {
  const ptx::Variable& variable = *operand.variable;
  const bool is_load = decoding.instruction().mnemonic == "ld";
  if (memory.semantics != Semantics::weak) decoding.invalid("accesses parameter '" + variable.name + "' strongly");
  if (variable.role == (is_load ? ptx::ParameterRole::result : ptx::ParameterRole::input))
    decoding.invalid((is_load ? "reads the result '" : "writes the parameter '") + variable.name + "'");
  if (operand.offset < 0 || static_cast<uint64_t>(operand.offset) + memory.bytes() > variable.size)
    decoding.invalid("accesses " + std::to_string(memory.bytes()) + " bytes at offset " +
                     std::to_string(operand.offset) + " of '" + variable.name + "', which has " +
                     std::to_string(variable.size));
  memory.space = StateSpace::local;
  memory.offset = operand.offset + static_cast<int64_t>(decoding.layout().address_of(variable));
}

}  // namespace

void bind_address(Decoding& decoding, const ptx::Operand& operand, machine::MemoryAccess& memory) {
  if (operand.kind != ptx::Operand::Kind::address) decoding.invalid("needs an address in brackets");
  memory.offset = operand.offset;
  memory.address = machine::kNoSlot;
  memory.address_bits = 64;
  if (operand.variable != nullptr) {
    const StateSpace declared = operand.variable->space;
    if (memory.space != StateSpace::generic && memory.space != declared)
      decoding.invalid("addresses '" + operand.variable->name + "', which lies in ." + to_string(declared));
    if (operand.variable->on_stack() && memory.space == StateSpace::param)
      bind_stack_parameter(decoding, operand, memory);
    else
      memory.offset =
          static_cast<int64_t>(static_cast<uint64_t>(operand.offset) + decoding.layout().address_of(*operand.variable) +
                               (memory.space == StateSpace::generic ? machine::window_of(declared) : 0));
    if ((declared == StateSpace::local || operand.variable->on_stack()) && !decoding.layout().is_entry())
      memory.address = decoding.stack_base();
  } else if (operand.reg >= 0) {
    ptx::Operand base{};
    base.kind = ptx::Operand::Kind::reg;
    base.reg = operand.reg;
    const ptx::Type type = decoding.register_type(base);
    if (type.bits != 32 && type.bits != 64)
      decoding.invalid("has an address register of " + std::to_string(type.bits) + " bits");
    memory.address_bits = static_cast<uint8_t>(type.bits);
    memory.address = decoding.source(base, type);
  }
}

MemoryForm take_memory_form(Decoding& decoding, size_t address_operand, size_t data_operand) {
  const size_t operands = take_cache_policy(decoding);
  if (operands != 2) decoding.require_operands(2);
  auto& memory = decoding.operation.memory;
  take_access_qualifiers(decoding, memory, operands != decoding.instruction().operands.size());
  const std::string vector = decoding.take_one_of({"v2", "v4", "v8"});
  const MemoryForm form{decoding.take_type(), decoding.operand(data_operand).kind == ptx::Operand::Kind::vector
                                                  ? decoding.operand(data_operand).elements
                                                  : std::vector<ptx::Operand>{decoding.operand(data_operand)}};
  const size_t count = vector.empty() ? 1 : static_cast<size_t>(vector[1] - '0');
  if (form.elements.size() != count)
    decoding.invalid("names " + std::to_string(form.elements.size()) + " registers for " + std::to_string(count) +
                     " elements");
  const bool is_number = form.type.is_integer() || form.type.type_class == ptx::TypeClass::untyped ||
                         form.type.type_class == ptx::TypeClass::floating;
  if (!is_number || form.type.bits < 8 || form.type.bits > 64) decoding.refuse("of type ." + to_string(form.type));
  memory.element_bytes = static_cast<uint8_t>(form.type.bytes());
  memory.count = static_cast<uint8_t>(count);
  if (memory.bytes() > machine::kMostBytesPerLane)
    decoding.refuse("of " + std::to_string(memory.bytes()) + " bytes (up to 16 are)");
  memory.sign_extend = form.type.is_signed();
  memory.used_bytes_mask = decoding.instruction().used_bytes_mask;
  bind_address(decoding, decoding.operand(address_operand), memory);
  return form;
}

}  // namespace decode_lab::instructions
