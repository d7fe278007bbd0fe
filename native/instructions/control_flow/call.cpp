// call{.uni} (result), function, (arguments); call{.uni} (result), register, (arguments), prototype or targets
// (PTX ISA 7.1, 9.7.12.5). Results and arguments are registers, constants or .param variables; sizes must agree with
// the function or prototype. Of the functions that a module only declares, vprintf and __assertfail are built in.
// Deviation: a register that holds no function, another one than listed, or one of other sizes, which is undefined,
// traps.
#include "instructions/control_flow/built_in.h"
#include "instructions/decoders.h"

namespace decode_lab::instructions {

namespace {

using machine::Operation;
using machine::ValuePlace;
using OperandKind = ptx::Operand::Kind;

std::string count(size_t number, const char* what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

ValuePlace place_of_variable(Decoding& decoding, const ptx::Operand& operand, const ptx::Variable& formal) {
  const ptx::Variable& variable = *operand.variable;
  if (!variable.on_stack() || operand.offset != 0)
    decoding.invalid("passes '" + operand.name + "', which is no .param variable of the function");
  if (variable.size != formal.size)
    decoding.invalid("passes '" + variable.name + "' of " + count(variable.size, "byte") + " for '" + formal.name +
                     "' of " + std::to_string(formal.size));
  return decoding.place_of(variable);
}

// The type that a register or constant must have to stand for a formal parameter.
ptx::Type type_of(Decoding& decoding, const ptx::Variable& formal) {
  if (formal.size != formal.type.bytes())
    decoding.invalid("passes a register for '" + formal.name + "' of " + count(formal.size, "byte"));
  return formal.type;
}

ValuePlace argument(Decoding& decoding, const ptx::Operand& operand, const ptx::Variable& formal) {
  if (operand.kind == OperandKind::variable && operand.variable->space == ptx::StateSpace::param)
    return place_of_variable(decoding, operand, formal);
  const ptx::Type type = type_of(decoding, formal);
  if (type.bits < 16) decoding.refuse("with a constant of " + std::to_string(type.bits) + " bits");
  return {false, decoding.source(operand, type), type.bytes()};
}

ValuePlace result(Decoding& decoding, const ptx::Operand& operand, const ptx::Variable& formal) {
  if (operand.kind == OperandKind::variable) return place_of_variable(decoding, operand, formal);
  const ptx::Type type = type_of(decoding, formal);
  if (type.bits < 16) decoding.refuse("with a register for a result of " + std::to_string(type.bits) + " bits");
  return {false, decoding.destination(operand, type), type.bytes()};
}

void bind(Decoding& decoding, const ptx::Signature& callee) {
  const auto &results = decoding.operand(1).elements, &arguments = decoding.operand(2).elements;
  if (arguments.size() != callee.parameters.size())
    decoding.invalid("passes " + count(arguments.size(), "argument") + ", the function takes " +
                     std::to_string(callee.parameters.size()));
  if (results.size() != callee.results.size())
    decoding.invalid("takes " + count(results.size(), "result") + ", the function gives " +
                     std::to_string(callee.results.size()));
  for (size_t i = 0; i < arguments.size(); i++)
    decoding.call->arguments.push_back(argument(decoding, arguments[i], callee.parameters[i]));
  for (size_t i = 0; i < results.size(); i++)
    decoding.call->results.push_back(result(decoding, results[i], callee.results[i]));
}

void decode_direct(Decoding& decoding, const ptx::Function& callee) {
  bind(decoding, callee);
  if (callee.has_body) return void(decoding.operation.kind = Operation::Kind::call);
  if (!decode_built_in(decoding, callee)) decoding.refuse("of '" + callee.name + "', which the module only declares,");
}

void decode_indirect(Decoding& decoding) {
  const ptx::Operand& callees = decoding.operand(3);
  decoding.call->pointer = decoding.source(0, {ptx::TypeClass::unsigned_integer, 64});
  decoding.operation.kind = Operation::Kind::call;
  if (callees.kind == OperandKind::prototype) return bind(decoding, *callees.prototype);
  bind(decoding, *callees.elements.front().function);
  for (const ptx::Operand& target : callees.elements)
    decoding.call->targets.push_back(decoding.layout().address_of(*target.function));
}

}  // namespace

void decode_call(Decoding& decoding) {
  decoding.take("uni");
  decoding.call.emplace(machine::CallSite{machine::CallSite::kIndirect, machine::kNoSlot, {}, {}, {}});
  const ptx::Operand& callee = decoding.operand(0);
  if (callee.kind == OperandKind::function)
    decode_direct(decoding, *callee.function);
  else
    decode_indirect(decoding);
}

}  // namespace decode_lab::instructions
