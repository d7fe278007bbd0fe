#include "interpreter/stored_numbers.h"

#include <algorithm>
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

// A flow-insensitive fixpoint over the registers of a function.
class NumberFlow {
 public:
  explicit NumberFlow(const DecodedFunction& decoded)
      : decoded_(decoded), registers_(decoded.function->registers.size()) {
    while (std::exchange(grew_, false)) pass();
  }

  struct Known {
    StoredNumbers numbers = StoredNumbers::unknown;
    bool reduced = false;
  };
  Known of(const Operand& element) const {
    return element.kind == Operand::Kind::reg ? registers_[static_cast<size_t>(element.reg)] : Known{};
  }

 private:
  void pass() {
    for (size_t i = 0; i < decoded_.function->instructions.size(); i++) {
      const ptx::Instruction& instruction = decoded_.function->instructions[i];
      Known result{computed_by(instruction), exchanges(instruction)};
      for (const int reg : decoded_.uses[i].reads) {
        const Known& read = registers_[static_cast<size_t>(reg)];
        result.reduced = result.reduced || read.reduced;
        if (hands_on(instruction) && result.numbers == StoredNumbers::unknown) result.numbers = read.numbers;
      }
      for (const int reg : decoded_.uses[i].writes) learn(registers_[static_cast<size_t>(reg)], result);
    }
  }

  void learn(Known& known, const Known& result) {
    const bool new_numbers = known.numbers == StoredNumbers::unknown && result.numbers != StoredNumbers::unknown;
    if (!new_numbers && (known.reduced || !result.reduced)) return;
    if (new_numbers) known.numbers = result.numbers;
    known.reduced = known.reduced || result.reduced;
    grew_ = true;
  }

  const DecodedFunction& decoded_;
  std::vector<Known> registers_;
  bool grew_ = true;
};

uint32_t bytes_of(StoredNumbers numbers) {
  return numbers == StoredNumbers::half ? 2 : numbers == StoredNumbers::double_precision ? 8 : 4;
}

}  // namespace

void mark_stored_numbers(DecodedFunction& decoded) {
  const NumberFlow flow(decoded);
  for (size_t at = 0; at < decoded.function->instructions.size(); at++) {
    machine::Operation& operation = decoded.operations[at];
    const ptx::Instruction& instruction = decoded.function->instructions[at];
    if (instruction.mnemonic != "st") continue;
    const Operand& data = instruction.operands[1];
    const std::vector<Operand> elements =
        data.kind == Operand::Kind::vector ? data.elements : std::vector<Operand>{data};
    StoredNumbers numbers = computed_by(instruction);  // by the store's own type
    const bool declared = numbers != StoredNumbers::unknown;
    if (!declared) numbers = flow.of(elements.front()).numbers;
    const bool all_alike = std::all_of(elements.begin(), elements.end(), [&](const Operand& element) {
      return flow.of(element).numbers == numbers || element.kind == Operand::Kind::floating_immediate;
    });
    if ((!all_alike && !declared) || bytes_of(numbers) != operation.memory.element_bytes) continue;
    operation.memory.numbers = numbers;
    operation.memory.reduced =
        std::all_of(elements.begin(), elements.end(), [&](const Operand& element) { return flow.of(element).reduced; });
  }
}

}  // namespace decode_lab::interpreter
