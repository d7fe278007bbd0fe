// bfind{.shiftamt}.type d, a; fns.b32 d, mask, base, offset   (PTX ISA 9.7.1.16, 9.7.1.17).
// fns with base > 31, where "behavior is undefined": here not found, 0xffffffff.
#include <bit>
#include <type_traits>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

constexpr uint32_t kNotFound = ~0u;
constexpr ptx::Type kU32{ptx::TypeClass::unsigned_integer, 32};

// Position of the most significant bit that differs from the sign; with kShift the shift that brings it to the top.
template <bool kShift>
struct FindBit {
  template <class T>
  uint32_t operator()(T a) const {
    using Unsigned = std::make_unsigned_t<T>;
    const auto bits = static_cast<Unsigned>(std::is_signed_v<T> && a < 0 ? ~a : a);
    const auto zeros = static_cast<uint32_t>(std::countl_zero(bits));
    return bits == 0 ? kNotFound : kShift ? zeros : static_cast<uint32_t>(sizeof(T) * 8 - 1) - zeros;
  }
};

struct FindNthSet {
  uint32_t operator()(uint32_t mask, uint32_t base, int32_t offset) const {
    if (base > 31) return kNotFound;
    if (offset == 0) return (mask >> base & 1) != 0 ? base : kNotFound;
    uint32_t left = offset > 0 ? static_cast<uint32_t>(offset) : 0 - static_cast<uint32_t>(offset);
    uint32_t bits = offset > 0 ? mask >> base << base : mask << (31 - base) >> (31 - base);
    if (left > static_cast<uint32_t>(std::popcount(bits))) return kNotFound;
    if (offset > 0) {
      for (; left > 1; left--) bits &= bits - 1;
      return static_cast<uint32_t>(std::countr_zero(bits));
    }
    for (; left > 1; left--) bits &= ~std::bit_floor(bits);
    return 31 - static_cast<uint32_t>(std::countl_zero(bits));
  }
};

}  // namespace

void decode_bfind(Decoding& decoding) {
  const bool shift = decoding.take("shiftamt");
  const ptx::Type type = decoding.take_type({"u32", "u64", "s32", "s64"});
  decoding.require_operands(2);
  decoding.operation.slots[1] = decoding.source(1, type);
  decoding.operation.slots[0] = decoding.destination(0, kU32);
  decoding.operation.run = with_integer_type(decoding, type, [&]<class T>() -> machine::Handler {
    return shift ? &lanewise<FindBit<true>, uint32_t, T> : &lanewise<FindBit<false>, uint32_t, T>;
  });
}

void decode_fns(Decoding& decoding) {
  decoding.take_type({"b32"});
  decoding.require_operands(4);
  for (size_t i = 1; i <= 3; i++) decoding.operation.slots[i] = decoding.source(i, kU32);
  decoding.operation.slots[0] = decoding.destination(0, kU32);
  decoding.operation.run = &lanewise<FindNthSet, uint32_t, uint32_t, uint32_t, int32_t>;
}

}  // namespace decode_lab::instructions
