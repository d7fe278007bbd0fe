// atom{.sem}{.scope}{.space}.op{.noftz}{.level::cache_hint}{.vec}.type d, [a], b{, c}{, policy}
// red{.sem}{.scope}{.space}.op{.noftz}{.level::cache_hint}{.vec}.type [a], b{, policy}   (PTX ISA 9.7.13.5, 9.7.13.6)
// Both are strong, .relaxed and .gpu unless they say otherwise; red takes part in no acquire pattern (8.8). The lanes
// of one instruction take turns, lowest first. Deviations: .b128 and .shared::cluster are refused.
#include <array>
#include <cstring>

#include "instructions/atomics/atomic_operation.h"
#include "instructions/data_movement/memory_operand.h"
#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "machine/memory.h"

namespace decode_lab::instructions {

namespace {

using machine::Semantics;
using ptx::TypeClass;

// Element i of the vector: destination slots[i], operand b slots[count + i]; a lone element has c in slots[2].
// H: halves in one register, taken one by one. R: the register.
template <class Compute, class T, class R>
class Apply final : public machine::Modification {
 public:
  Apply(Warp& warp, const Operation& operation) : warp_(warp), operation_(operation) {
    const uint32_t registers = operation_.memory.count / kPerRegister;
    for (uint32_t i = 0; i < registers; i++)
      std::memcpy(b_[i].data(), warp_.row<R>(operation_.slots[registers + i]), sizeof(b_[i]));
  }

  bool apply(uint32_t lane, uint32_t element, ptx::StateSpace space, std::byte* at) override {
    const uint32_t index = element / kPerRegister, part = element % kPerRegister;
    T r, s;
    std::memcpy(&r, at, sizeof(T));
    std::memcpy(&s, reinterpret_cast<const T*>(&b_[index][lane]) + part, sizeof(T));
    if (operation_.slots[index] != machine::kNoSlot)
      std::memcpy(reinterpret_cast<T*>(&warp_.row<R>(operation_.slots[index])[lane]) + part, &r, sizeof(T));
    T result;
    if constexpr (requires { Compute::apply(r, s, space); })
      result = Compute::apply(r, s, space);
    else
      result = Compute::apply(r, s);
    std::memcpy(at, &result, sizeof(T));
    return true;
  }

 private:
  static constexpr uint32_t kPerRegister = sizeof(R) / sizeof(T),
                            kMostRegisters = machine::kMostBytesPerLane / sizeof(R);
  Warp& warp_;
  const Operation& operation_;
  std::array<std::array<R, machine::kLanes>, kMostRegisters> b_;  // as it was: a destination may be among them
};

// cas: a failed comparison only reads.
template <class T>
class CompareAndSwap final : public machine::Modification {
 public:
  CompareAndSwap(Warp& warp, const Operation& operation) : warp_(warp), operation_(operation) {}

  bool apply(uint32_t lane, uint32_t, ptx::StateSpace, std::byte* at) override {
    T r;
    std::memcpy(&r, at, sizeof(T));
    const bool equal = r == warp_.row<T>(operation_.slots[1])[lane];
    if (equal) std::memcpy(at, &warp_.row<T>(operation_.slots[2])[lane], sizeof(T));
    if (operation_.slots[0] != machine::kNoSlot) warp_.row<T>(operation_.slots[0])[lane] = r;
    return equal;
  }

 private:
  Warp& warp_;
  const Operation& operation_;
};

template <class Body>
void run(Warp& warp, const Operation& operation, LaneMask active) {
  Body body(warp, operation);
  machine::read_modify_write(warp, operation, active, body);
}

template <class Compute, class T, class R = T>
constexpr machine::Handler kRun = &run<Apply<Compute, T, R>>;

machine::Handler bitwise(const std::string& op, uint32_t bits) {
  const bool wide = bits == 64;
  if (op == "and") return wide ? kRun<AtomicAnd, uint64_t> : kRun<AtomicAnd, uint32_t>;
  if (op == "or") return wide ? kRun<AtomicOr, uint64_t> : kRun<AtomicOr, uint32_t>;
  if (op == "xor") return wide ? kRun<AtomicXor, uint64_t> : kRun<AtomicXor, uint32_t>;
  if (op == "exch") return wide ? kRun<AtomicExchange, uint64_t> : kRun<AtomicExchange, uint32_t>;
  if (op == "cas") return wide ? &run<CompareAndSwap<uint64_t>> : &run<CompareAndSwap<uint32_t>>;
  return nullptr;
}

template <class T>
machine::Handler arithmetic(const std::string& op) {
  if (op == "add") return kRun<AtomicAdd, T>;
  if (op == "min") return kRun<AtomicMin, T>;
  if (op == "max") return kRun<AtomicMax, T>;
  return nullptr;
}

template <bool kBfloat, class R>
machine::Handler of_half(const std::string& op) {
  if (op == "add") return kRun<AtomicAddHalf<kBfloat>, uint16_t, R>;
  if (op == "min") return kRun<AtomicMinMaxHalf<kBfloat, false>, uint16_t, R>;
  if (op == "max") return kRun<AtomicMinMaxHalf<kBfloat, true>, uint16_t, R>;
  return nullptr;
}

machine::Handler handler_of(const std::string& op, ptx::Type type) {
  const bool wide = type.bits == 64;
  switch (type.type_class) {
    case TypeClass::untyped:
      if (type.bits == 16) return op == "cas" ? &run<CompareAndSwap<uint16_t>> : nullptr;
      return type.bits >= 32 ? bitwise(op, type.bits) : nullptr;
    case TypeClass::unsigned_integer:
      if (type.bits == 32 && op == "inc") return kRun<AtomicIncrement, uint32_t>;
      if (type.bits == 32 && op == "dec") return kRun<AtomicDecrement, uint32_t>;
      return type.bits < 32 ? nullptr : wide ? arithmetic<uint64_t>(op) : arithmetic<uint32_t>(op);
    case TypeClass::signed_integer:
      if (wide && op == "add") return nullptr;
      return type.bits < 32 ? nullptr : wide ? arithmetic<int64_t>(op) : arithmetic<int32_t>(op);
    case TypeClass::floating:
      if (op != "add") return nullptr;
      return wide ? kRun<AtomicAdd, double> : kRun<AtomicAddSingle, float>;
    case TypeClass::half:
      return of_half<false, uint16_t>(op);
    case TypeClass::bfloat:
      return of_half<true, uint16_t>(op);
    case TypeClass::half_x2:
      return of_half<false, uint32_t>(op);
    case TypeClass::bfloat_x2:
      return of_half<true, uint32_t>(op);
    default:
      return nullptr;
  }
}

bool is_half(ptx::Type type) {
  return type.type_class != TypeClass::untyped && type.type_class != TypeClass::floating && !type.is_integer();
}

bool is_bfloat(ptx::Type type) {
  return type.type_class == TypeClass::bfloat || type.type_class == TypeClass::bfloat_x2;
}

std::vector<ptx::Operand> elements_of(Decoding& decoding, size_t index, size_t count) {
  const ptx::Operand& operand = decoding.operand(index);
  if (count == 1 && operand.kind != ptx::Operand::Kind::vector) return {operand};
  if (operand.elements.size() != count) decoding.invalid("needs vectors of " + std::to_string(count) + " registers");
  return operand.elements;
}

void take_order(Decoding& decoding, machine::MemoryAccess& memory) {
  const std::string word = decoding.take_one_of({"relaxed", "acquire", "release", "acq_rel"});
  memory.semantics = word == "acquire"   ? Semantics::acquire
                     : word == "release" ? Semantics::release
                     : word == "acq_rel" ? Semantics::acquire_release
                                         : Semantics::relaxed;
  if (decoding.instruction().mnemonic == "red" && machine::acquires(memory.semantics))
    decoding.invalid("has ." + word + ", which red does not take");
  memory.scope = take_scope(decoding).value_or(machine::Scope::gpu);
}

void decode_atomic(Decoding& decoding, bool returns) {
  auto& operation = decoding.operation;
  auto& memory = operation.memory;
  const size_t first = returns ? 1 : 0, operands = take_cache_policy(decoding);
  take_order(decoding, memory);
  memory.is_reduction = !returns;
  memory.space = take_space(decoding);
  if (memory.space != ptx::StateSpace::generic && memory.space != ptx::StateSpace::global &&
      memory.space != ptx::StateSpace::shared)
    decoding.invalid("needs .global, .shared or a generic address");
  const std::string op = decoding.take_one_of({"and", "or", "xor", "cas", "exch", "add", "inc", "dec", "min", "max"});
  const std::string vector = decoding.take_one_of({"v2", "v4", "v8"});
  const ptx::Type type = decoding.take_type();
  if (is_half(type) != decoding.take("noftz")) decoding.invalid(is_half(type) ? "needs .noftz" : "takes no .noftz");
  operation.run = handler_of(op, type);
  if (!vector.empty() || is_bfloat(type)) decoding.require_target(90);
  const bool takes_vector = is_half(type) || (type.type_class == TypeClass::floating && type.bits == 32);
  const bool needs_vector = is_half(type) && op != "add";
  if (operation.run == nullptr || (!returns && (op == "cas" || op == "exch")) || (!vector.empty() && !takes_vector) ||
      (vector.empty() && needs_vector))
    decoding.invalid("is no atomic operation of the PTX ISA");
  const size_t count = vector.empty() ? 1 : static_cast<size_t>(vector[1] - '0');
  const size_t needed = first + (op == "cas" ? 3 : 2);
  if (operands != needed) decoding.require_operands(needed);
  const bool has_policy = operands != decoding.instruction().operands.size();
  if (memory.space == ptx::StateSpace::shared && (has_policy || !vector.empty()))
    decoding.invalid("has a vector or a cache policy, which .shared does not take");
  if (has_policy && op == "cas") decoding.invalid("has a cache policy, which cas does not take");
  if (!vector.empty()) memory.only = ptx::StateSpace::global;
  const uint32_t halves = type.type_class == TypeClass::half_x2 || type.type_class == TypeClass::bfloat_x2 ? 2 : 1;
  memory.element_bytes = static_cast<uint8_t>(type.bytes() / halves);
  memory.count = static_cast<uint8_t>(count * halves);
  if (memory.bytes() > machine::kMostBytesPerLane) decoding.invalid("moves more than 16 bytes");
  bind_address(decoding, decoding.operand(first), memory);
  const auto destinations = returns ? elements_of(decoding, 0, count) : std::vector<ptx::Operand>();
  const auto b = elements_of(decoding, first + 1, count);
  for (size_t i = 0; i < count; i++) {
    const bool sinks = !returns || destinations[i].kind == ptx::Operand::Kind::sink;
    operation.slots[count + i] = decoding.source(b[i], type);
    operation.slots[i] = sinks ? machine::kNoSlot : decoding.destination(destinations[i], type);
  }
  memory.in_pattern = op == "cas";  // where the comparison fails it only reads, yet as an atomic operation
  if (op == "cas") operation.slots[2] = decoding.source(3, type);
}

}  // namespace

void decode_atom(Decoding& decoding) { decode_atomic(decoding, true); }
void decode_red(Decoding& decoding) { decode_atomic(decoding, false); }

}  // namespace decode_lab::instructions
