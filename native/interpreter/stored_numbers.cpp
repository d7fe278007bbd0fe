#include "interpreter/stored_numbers.h"

#include <algorithm>
#include <map>
#include <utility>

namespace decode_lab::interpreter {

namespace {

using machine::StoredNumbers;
using ptx::Operand;
using ptx::TypeClass;

StoredNumbers numbers_of(ptx::Type type) {
  switch (type.type_class) {
    case TypeClass::floating:
      return type.bits == 64 ? StoredNumbers::double_precision : StoredNumbers::single_precision;
    case TypeClass::half:
    case TypeClass::bfloat:
      return StoredNumbers::half;
    case TypeClass::half_x2:
    case TypeClass::bfloat_x2:
      return StoredNumbers::half_pair;
    default:
      return StoredNumbers::unknown;
  }
}

// What the instruction computes: the first of two types for conversions, the last otherwise.
StoredNumbers computed_by(const ptx::Instruction& instruction) {
  if (instruction.mnemonic == "setp") return StoredNumbers::unknown;
  StoredNumbers numbers = StoredNumbers::unknown;
  for (const std::string& modifier : instruction.modifiers) {
    if (modifier == "e4m3x2" || modifier == "e5m2x2") return numbers;  // known only as what cvt makes of it
    const auto type = ptx::parse_type(modifier);
    if (!type) continue;
    numbers = numbers_of(*type);
    if (instruction.mnemonic == "cvt" || instruction.mnemonic == "set") break;
  }
  return numbers;
}

// mov, selp and shfl of untyped registers hand on what they read.
bool hands_on(const ptx::Instruction& instruction) {
  if (instruction.mnemonic != "mov" && instruction.mnemonic != "selp" && instruction.mnemonic != "shfl") return false;
  return std::none_of(instruction.operands.begin(), instruction.operands.end(),
                      [](const Operand& operand) { return operand.kind == Operand::Kind::vector; });
}

bool exchanges(const ptx::Instruction& instruction) {
  return instruction.mnemonic == "shfl" && instruction.text.find(".bfly") != std::string::npos;
}

std::vector<Operand> elements_of(const Operand& data) {
  return data.kind == Operand::Kind::vector ? data.elements : std::vector<Operand>{data};
}

// The address of a load or store of a parameter of a call or of a device function; null for all others.
const Operand* parameter_of(const ptx::Instruction& instruction) {
  if (instruction.mnemonic != "ld" && instruction.mnemonic != "st") return nullptr;
  const Operand& address = instruction.operands[instruction.mnemonic == "ld" ? 1 : 0];
  return address.variable != nullptr && address.variable->on_stack() ? &address : nullptr;
}

// A flow-insensitive fixpoint over registers and parameters. What calls pass is followed where the callees are named; a
// call by prototype hands on nothing.
class NumberFlow {
 public:
  NumberFlow(const machine::Program& program, const std::vector<RegisterUse>& uses) : program_(program), uses_(uses) {
    for (const machine::Procedure& procedure : program.procedures)
      registers_[procedure.function].resize(procedure.function->registers.size());
    while (std::exchange(grew_, false))
      for (const machine::Procedure& procedure : program.procedures) pass(procedure);
  }

  struct Known {
    StoredNumbers numbers = StoredNumbers::unknown;
    bool reduced = false;
  };
  Known of(const ptx::Function& function, const Operand& element) const {
    return element.kind == Operand::Kind::reg ? registers_.at(&function)[static_cast<size_t>(element.reg)] : Known{};
  }

 private:
  using Values = std::map<int64_t, Known>;  // by byte within a parameter; of a register: at 0

  void pass(const machine::Procedure& procedure) {
    const ptx::Function& function = *procedure.function;
    for (size_t i = 0; i < function.instructions.size(); i++) {
      const ptx::Instruction& instruction = function.instructions[i];
      if (instruction.mnemonic == "call")
        pass_call(function, instruction);
      else if (const Operand* const parameter = parameter_of(instruction); parameter != nullptr)
        pass_parameter(function, instruction, *parameter,
                       program_.operations[procedure.first + i].memory.element_bytes);
      else
        pass_registers(registers_.at(&function), instruction, uses_[procedure.first + i]);
    }
  }

  void pass_registers(std::vector<Known>& registers, const ptx::Instruction& instruction, const RegisterUse& use) {
    Known result{computed_by(instruction), exchanges(instruction)};
    for (const int reg : use.reads) {
      const Known& read = registers[static_cast<size_t>(reg)];
      result.reduced = result.reduced || read.reduced;
      if (hands_on(instruction) && result.numbers == StoredNumbers::unknown) result.numbers = read.numbers;
    }
    for (const int reg : use.writes) learn(registers[static_cast<size_t>(reg)], result);
  }

  void pass_parameter(const ptx::Function& function, const ptx::Instruction& instruction, const Operand& parameter,
                      int64_t element_bytes) {
    const bool is_load = instruction.mnemonic == "ld";
    int64_t at = parameter.offset;
    for (const Operand& element : elements_of(instruction.operands[is_load ? 0 : 1])) {
      Known& inside = parameters_[parameter.variable][at];
      Known moved = is_load ? inside : of(function, element);
      if (const StoredNumbers declared = computed_by(instruction); declared != StoredNumbers::unknown)
        moved.numbers = declared;
      if (!is_load)
        learn(inside, moved);
      else if (element.kind == Operand::Kind::reg)
        learn(registers_.at(&function)[static_cast<size_t>(element.reg)], moved);
      at += element_bytes;
    }
  }

  void pass_call(const ptx::Function& caller, const ptx::Instruction& call) {
    std::vector<Operand> callees{call.operands[0]};
    if (call.operands.size() == 4) callees = call.operands[3].elements;
    for (const Operand& callee : callees) {
      if (callee.function == nullptr || !registers_.contains(callee.function)) continue;
      const ptx::Function& function = *callee.function;
      const auto &results = call.operands[1].elements, &arguments = call.operands[2].elements;
      for (size_t i = 0; i < std::min(arguments.size(), function.parameters.size()); i++)
        learn_all(formal(function, function.parameters[i]), values(actual(caller, arguments[i])));
      for (size_t i = 0; i < std::min(results.size(), function.results.size()); i++)
        learn_all(actual(caller, results[i]), values(formal(function, function.results[i])));
    }
  }

  // Where a passed value lies: one of the two, or neither for a constant.
  struct Place {
    Known* reg;
    Values* parameter;
  };
  Place actual(const ptx::Function& caller, const Operand& operand) {
    if (operand.kind == Operand::Kind::reg) return {&registers_.at(&caller)[static_cast<size_t>(operand.reg)], nullptr};
    return {nullptr, operand.kind == Operand::Kind::variable ? &parameters_[operand.variable] : nullptr};
  }
  Place formal(const ptx::Function& callee, const ptx::Variable& variable) {
    if (variable.in_register) return {&registers_.at(&callee)[static_cast<size_t>(variable.reg)], nullptr};
    return {nullptr, &parameters_[&variable]};
  }

  static Values values(const Place& place) {
    if (place.reg != nullptr) return {{0, *place.reg}};
    return place.parameter != nullptr ? *place.parameter : Values{};
  }

  void learn_all(const Place& place, const Values& values) {
    for (const auto& [at, value] : values) {
      if (place.parameter != nullptr) learn((*place.parameter)[at], value);
      if (place.reg != nullptr && at == 0) learn(*place.reg, value);
    }
  }

  void learn(Known& known, const Known& result) {
    const bool new_numbers = known.numbers == StoredNumbers::unknown && result.numbers != StoredNumbers::unknown;
    if (!new_numbers && (known.reduced || !result.reduced)) return;
    if (new_numbers) known.numbers = result.numbers;
    known.reduced = known.reduced || result.reduced;
    grew_ = true;
  }

  const machine::Program& program_;
  const std::vector<RegisterUse>& uses_;
  std::map<const ptx::Function*, std::vector<Known>> registers_;
  std::map<const ptx::Variable*, Values> parameters_;
  bool grew_ = true;
};

uint32_t bytes_of(StoredNumbers numbers) {
  return numbers == StoredNumbers::half ? 2 : numbers == StoredNumbers::double_precision ? 8 : 4;
}

void mark(machine::MemoryAccess& memory, const ptx::Function& function, const ptx::Instruction& store,
          const NumberFlow& flow) {
  const std::vector<Operand> elements = elements_of(store.operands[1]);
  StoredNumbers numbers = computed_by(store);  // by the store's own type
  const bool declared = numbers != StoredNumbers::unknown;
  if (!declared) numbers = flow.of(function, elements.front()).numbers;
  const bool all_alike = std::all_of(elements.begin(), elements.end(), [&](const Operand& element) {
    return flow.of(function, element).numbers == numbers || element.kind == Operand::Kind::floating_immediate;
  });
  if ((!all_alike && !declared) || bytes_of(numbers) != memory.element_bytes) return;
  memory.numbers = numbers;
  memory.reduced = std::all_of(elements.begin(), elements.end(),
                               [&](const Operand& element) { return flow.of(function, element).reduced; });
}

}  // namespace

void mark_stored_numbers(machine::Program& program, const std::vector<RegisterUse>& uses) {
  const NumberFlow flow(program, uses);
  for (const machine::Procedure& procedure : program.procedures) {
    const ptx::Function& function = *procedure.function;
    for (size_t i = 0; i < function.instructions.size(); i++)
      if (function.instructions[i].mnemonic == "st")
        mark(program.operations[procedure.first + i].memory, function, function.instructions[i], flow);
  }
}

}  // namespace decode_lab::interpreter
