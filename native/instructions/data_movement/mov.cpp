// mov.type d, a; mov.type d, variable, function or special register; mov.v4.u32 {d, e…}, %tid;
// mov.{b32,b64,b128} d, {a, b…} and {d, e…}, a   (PTX ISA 9.7.9.3, 9.7.9.4). Deviation: vectors of .b8 are refused.
#include <algorithm>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"
#include "instructions/type_dispatch.h"
#include "machine/cta.h"

namespace decode_lab::instructions {

namespace {

constexpr std::string_view kMoved[] = {"pred", "b16", "b32", "b64", "b128", "u16", "u32",
                                       "u64",  "s16", "s32", "s64", "f32",  "f64"};

using OperandKind = ptx::Operand::Kind;

struct Identity {
  template <class T>
  T operator()(T a) const {
    return a;
  }
};

void run_mov_predicate(Warp& warp, const Operation& operation, LaneMask active) {
  LaneMask& d = warp.registers().predicate(operation.slots[0]);
  d = (d & ~active) | (warp.registers().predicate(operation.slots[1]) & active);
}

// slots[0] = whole, slots[1…] = elements, the first one in the low bits.
template <class W, class E, bool kPack>
void run_vector(Warp& warp, const Operation& operation, LaneMask active) {
  constexpr uint32_t kElements = sizeof(W) / sizeof(E), kBits = sizeof(E) * 8;
  W* const whole = warp.row<W>(operation.slots[0]);
  E* elements[kElements];
  for (uint32_t i = 0; i < kElements; i++) elements[i] = warp.row<E>(operation.slots[1 + i]);
  for (uint32_t lane = 0; lane < kLanes; lane++) {
    if ((active >> lane & 1) == 0) continue;
    if constexpr (kPack) {
      W packed = 0;
      for (uint32_t i = 0; i < kElements; i++) packed |= W{elements[i][lane]} << (i * kBits);
      whole[lane] = packed;
    } else {
      const W word = whole[lane];
      for (uint32_t i = 0; i < kElements; i++) elements[i][lane] = static_cast<E>(word >> (i * kBits));
    }
  }
}

template <bool kPack>
machine::Handler vector_handler(Decoding& decoding, ptx::Type type, size_t elements) {
  if (type.bits == 32 && elements == 2) return &run_vector<uint32_t, uint16_t, kPack>;
  if (type.bits == 64 && elements == 2) return &run_vector<uint64_t, uint32_t, kPack>;
  if (type.bits == 64 && elements == 4) return &run_vector<uint64_t, uint16_t, kPack>;
  if (type.bits == 128 && elements == 2) return &run_vector<unsigned __int128, uint64_t, kPack>;
  if (type.bits == 128 && elements == 4) return &run_vector<unsigned __int128, uint32_t, kPack>;
  decoding.refuse("with a vector of " + std::to_string(elements) + " elements");
}

void decode_pack(Decoding& decoding, ptx::Type type) {
  const auto& elements = decoding.operand(1).elements;
  decoding.operation.run = vector_handler<true>(decoding, type, elements.size());
  const ptx::Type element{ptx::TypeClass::untyped, type.bits / static_cast<uint32_t>(elements.size())};
  for (size_t i = 0; i < elements.size(); i++) decoding.operation.slots[1 + i] = decoding.source(elements[i], element);
  decoding.operation.slots[0] = decoding.destination(0, type);
}

void decode_unpack(Decoding& decoding, ptx::Type type) {
  const auto& elements = decoding.operand(0).elements;
  decoding.operation.run = vector_handler<false>(decoding, type, elements.size());
  const ptx::Type element{ptx::TypeClass::untyped, type.bits / static_cast<uint32_t>(elements.size())};
  decoding.operation.slots[0] = decoding.source(1, type);
  if (std::all_of(elements.begin(), elements.end(),
                  [](const ptx::Operand& element) { return element.kind == OperandKind::sink; }))
    decoding.invalid("unpacks into sinks alone");
  for (size_t i = 0; i < elements.size(); i++)
    decoding.operation.slots[1 + i] = decoding.destination(elements[i], element);
}

template <class T>
void run_read_clock(Warp& warp, const Operation& operation, LaneMask active) {
  T* const d = warp.row<T>(operation.slots[0]);
  T* const now = warp.row<T>(operation.slots[1]);
  machine::fill_special_register(warp, static_cast<machine::SpecialRegister>(operation.argument), sizeof(T) * 8,
                                 reinterpret_cast<std::byte*>(now));
  warp.cta().watch().change();
  for (uint32_t lane = 0; lane < kLanes; lane++) d[lane] = (active >> lane & 1) != 0 ? now[lane] : d[lane];
}

// Clocks are read when the instruction is executed; all other special registers when the function is entered.
bool decode_read_clock(Decoding& decoding, ptx::Type type) {
  if (decoding.operand(1).kind != OperandKind::special) return false;
  const auto known = machine::parse_special_register(decoding.operand(1).name);
  if (!known || !machine::is_clock(known->which)) return false;
  if (type.bits != known->bits) decoding.invalid("needs a type of " + std::to_string(known->bits) + " bits");
  decoding.operation.argument = static_cast<uint32_t>(known->which);
  decoding.operation.run = type.bits == 64 ? &run_read_clock<uint64_t> : &run_read_clock<uint32_t>;
  decoding.operation.slots[1] = decoding.scratch(type.bits);
  decoding.operation.slots[0] = decoding.destination(0, type);
  return true;
}

void run_mov_v4(Warp& warp, const Operation& operation, LaneMask active) {
  for (uint32_t i = 0; i < 4; i++) {
    uint32_t* const d = warp.row<uint32_t>(operation.slots[i]);
    const uint32_t* const a = warp.row<uint32_t>(operation.slots[4 + i]);
    for (uint32_t lane = 0; lane < kLanes; lane++) d[lane] = (active >> lane & 1) != 0 ? a[lane] : d[lane];
  }
}

// mov.v4.u32 {x, y, z, w}, %tid
void decode_special_vector(Decoding& decoding, ptx::Type type) {
  const ptx::Operand &d = decoding.operand(0), &a = decoding.operand(1);
  if (type.bits != 32 || d.kind != OperandKind::vector || d.elements.size() != 4 || a.kind != OperandKind::special)
    decoding.refuse("unless it reads %tid, %ntid, %ctaid or %nctaid into four registers");
  for (size_t i = 0; i < 4; i++) {
    ptx::Operand element = a;
    element.name += std::string(".") + "xyzw"[i];
    decoding.operation.slots[4 + i] = decoding.special(element, type);
    decoding.operation.slots[i] = decoding.destination(d.elements[i], type);
  }
  decoding.operation.run = &run_mov_v4;
}

}  // namespace

void decode_mov(Decoding& decoding) {
  const bool is_special_vector = decoding.take("v4");
  const ptx::Type type = decoding.take_type(kMoved);
  decoding.require_operands(2);
  if (is_special_vector) return decode_special_vector(decoding, type);
  if (decode_read_clock(decoding, type)) return;
  const auto is_vector = [&](size_t i) {
    return decoding.operand(i).kind == OperandKind::vector && decoding.operand(i).elements.size() > 1;
  };
  if ((is_vector(0) || is_vector(1)) && type.type_class != ptx::TypeClass::untyped)
    decoding.invalid("packs or unpacks a vector, which only .b types do");
  if (is_vector(1)) return decode_pack(decoding, type);
  if (is_vector(0)) return decode_unpack(decoding, type);
  if (type.bits == 128) decoding.register_type(decoding.operand(1));  // there are no constants of 128 bits
  bind_same_type(decoding, type, 1);
  if (type == ptx::kPredicate)
    decoding.operation.run = &run_mov_predicate;
  else if (type.bits == 128)
    decoding.operation.run = &lanewise<Identity, unsigned __int128, unsigned __int128>;
  else
    decoding.operation.run = with_width(decoding, type, []<class T>() { return &lanewise<Identity, T, T>; });
}

}  // namespace decode_lab::instructions
