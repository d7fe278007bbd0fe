// shl.type d, a, b; shr.type d, a, b; shf.{l,r}.{clamp,wrap}.b32 d, a, b, c   (PTX ISA 9.7.8.7–9.7.8.9).
// b is an unsigned 32-bit count; counts beyond the width are clamped to it. Deviations: none.
#include <type_traits>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

struct ShiftLeft {
  template <class T>
  T operator()(T a, uint32_t count) const {
    constexpr uint32_t kBits = sizeof(T) * 8;
    return count >= kBits ? T{0} : static_cast<T>(a << (count & (kBits - 1)));
  }
};

struct ShiftRight {
  template <class T>
  T operator()(T a, uint32_t count) const {
    constexpr uint32_t kBits = sizeof(T) * 8;
    if constexpr (std::is_signed_v<T>)
      return static_cast<T>(a >> (count >= kBits ? kBits - 1 : count));
    else
      return count >= kBits ? T{0} : static_cast<T>(a >> (count & (kBits - 1)));
  }
};

// [b:a] shifted as one 64-bit word: the upper half for .l, the lower half for .r.
template <bool kLeft, bool kWrap>
struct Funnel {
  uint32_t operator()(uint32_t a, uint32_t b, uint32_t c) const {
    const uint32_t count = kWrap ? c & 31 : c > 32 ? 32 : c;
    const uint64_t word = uint64_t{b} << 32 | a;
    return static_cast<uint32_t>(kLeft ? (word << count) >> 32 : word >> count);
  }
};

constexpr ptx::Type kU32{ptx::TypeClass::unsigned_integer, 32};

void bind_shift(Decoding& decoding, ptx::Type type) {
  decoding.require_operands(3);
  decoding.operation.slots[1] = decoding.source(1, type);
  decoding.operation.slots[2] = decoding.source(2, kU32);
  decoding.operation.slots[0] = decoding.destination(0, type);
}

}  // namespace

void decode_shl(Decoding& decoding) {
  const ptx::Type type = decoding.take_type(kBitTypes);
  bind_shift(decoding, type);
  decoding.operation.run = with_width(decoding, type, []<class T>() { return &lanewise<ShiftLeft, T, T, uint32_t>; });
}

void decode_shr(Decoding& decoding) {
  const ptx::Type type = decoding.take_type({"b16", "b32", "b64", "u16", "u32", "u64", "s16", "s32", "s64"});
  bind_shift(decoding, type);
  decoding.operation.run =
      with_integer_type(decoding, type, []<class T>() { return &lanewise<ShiftRight, T, T, uint32_t>; });
}

void decode_shf(Decoding& decoding) {
  const bool left = decoding.take("l");
  if (!left && !decoding.take("r")) decoding.refuse("without .l or .r");
  const bool wrap = decoding.take("wrap");
  if (!wrap && !decoding.take("clamp")) decoding.refuse("without .clamp or .wrap");
  const ptx::Type type = decoding.take_type({"b32"});
  bind_same_type(decoding, type, 3);
  decoding.operation.run = left ? (wrap ? &lanewise<Funnel<true, true>, uint32_t, uint32_t, uint32_t, uint32_t>
                                        : &lanewise<Funnel<true, false>, uint32_t, uint32_t, uint32_t, uint32_t>)
                                : (wrap ? &lanewise<Funnel<false, true>, uint32_t, uint32_t, uint32_t, uint32_t>
                                        : &lanewise<Funnel<false, false>, uint32_t, uint32_t, uint32_t, uint32_t>);
}

}  // namespace decode_lab::instructions
