// ld{.weak,.volatile,.relaxed.scope,.acquire.scope}{.ss}{.cop}{.nc}{.vec}.type d, [a]
// st{.weak,.volatile,.relaxed.scope,.release.scope}{.ss}{.cop}{.vec}.type [a], b   (PTX ISA 9.7.9.8, 9.7.9.9, 9.7.9.11)
// A register may be wider than the type: loads extend by the type's sign, stores take the low bits (9.4.1). Deviations:
// .b128, 32 bytes (sm_100), .unified and .shared::cluster are refused.
#include <cstring>

#include "instructions/data_movement/memory_operand.h"
#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/type_dispatch.h"
#include "machine/memory.h"

namespace decode_lab::instructions {

namespace {

// M: the element in memory, signed if it is to be extended by its sign. R: the register.
template <class M, class R>
void run_ld(Warp& warp, const Operation& operation, LaneMask active) {
  machine::LaneBytes loaded;
  machine::load(warp, operation, active, loaded);
  const uint32_t bytes = operation.memory.bytes();
  for (uint32_t element = 0; element < operation.memory.count; element++) {
    R* const d = warp.row<R>(operation.slots[element]);
    const std::byte* const from = loaded.data() + element * sizeof(M);
    machine::for_each_lane(active, [&](uint32_t lane) {
      M value;
      std::memcpy(&value, from + size_t{lane} * bytes, sizeof(M));
      d[lane] = static_cast<R>(value);
    });
  }
}

template <class M, class R>
void run_st(Warp& warp, const Operation& operation, LaneMask active) {
  machine::LaneBytes stored;
  const uint32_t bytes = operation.memory.bytes();
  for (uint32_t element = 0; element < operation.memory.count; element++) {
    const R* const b = warp.row<R>(operation.slots[element]);
    std::byte* const to = stored.data() + element * sizeof(M);
    machine::for_each_lane(active, [&](uint32_t lane) {
      const auto value = static_cast<M>(b[lane]);
      std::memcpy(to + size_t{lane} * bytes, &value, sizeof(M));
    });
  }
  machine::store(warp, operation, active, stored);
}

template <template <class, class> class Handler, class R>
machine::Handler of_element(uint32_t bits, bool sign_extend) {
  switch (bits) {
    case 8:
      return sign_extend ? Handler<int8_t, R>::run : Handler<uint8_t, R>::run;
    case 16:
      return sign_extend ? Handler<int16_t, R>::run : Handler<uint16_t, R>::run;
    case 32:
      return sign_extend ? Handler<int32_t, R>::run : Handler<uint32_t, R>::run;
    default:
      return Handler<uint64_t, R>::run;
  }
}

template <class M, class R>
struct Load {
  static constexpr machine::Handler run = &run_ld<M, R>;
};
template <class M, class R>
struct Store {
  static constexpr machine::Handler run = &run_st<M, R>;
};

// The register type shared by all elements; it may be wider than the type in memory.
ptx::Type register_type_of(Decoding& decoding, const MemoryForm& form) {
  ptx::Type type{ptx::TypeClass::untyped, std::max(form.type.bits, 16u)};
  for (const ptx::Operand& element : form.elements) {
    if (element.kind != ptx::Operand::Kind::reg) continue;
    type = decoding.register_type(element);
    if (type.bits < form.type.bits || type == ptx::kPredicate)
      decoding.invalid("has register '" + element.name + "' narrower than ." + to_string(form.type));
  }
  return {form.type.bits == type.bits ? form.type.type_class : ptx::TypeClass::untyped, type.bits};
}

}  // namespace

void decode_ld(Decoding& decoding) {
  const MemoryForm form = take_memory_form(decoding, 1, 0);
  auto& operation = decoding.operation;
  const ptx::Type type = register_type_of(decoding, form);
  for (size_t i = 0; i < form.elements.size(); i++) operation.slots[i] = decoding.destination(form.elements[i], type);
  operation.run = with_width(
      decoding, type, [&]<class R>() { return of_element<Load, R>(form.type.bits, operation.memory.sign_extend); });
}

void decode_st(Decoding& decoding) {
  const MemoryForm form = take_memory_form(decoding, 0, 1);
  auto& operation = decoding.operation;
  if (operation.memory.space == ptx::StateSpace::param || operation.memory.space == ptx::StateSpace::constant)
    decoding.refuse("to read-only memory");
  const ptx::Type type = register_type_of(decoding, form);
  for (size_t i = 0; i < form.elements.size(); i++) operation.slots[i] = decoding.source(form.elements[i], type);
  operation.run = with_width(decoding, type, [&]<class R>() { return of_element<Store, R>(form.type.bits, false); });
}

}  // namespace decode_lab::instructions
