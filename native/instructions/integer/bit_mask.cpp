// szext.{clamp,wrap}.{u32,s32} d, a, b; bmsk.{clamp,wrap}.b32 d, a, b   (PTX ISA 9.7.1.21, 9.7.1.22). Deviations: none.
#include <type_traits>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"

namespace decode_lab::instructions {

namespace {

// The low b bits of a, extended by their sign if T is signed.
template <bool kClamp>
struct Extend {
  template <class T>
  T operator()(T a, uint32_t b) const {
    if (kClamp && b >= 32) return a;
    const uint32_t unused = (32 - (b & 31)) & 31;
    const T extended = static_cast<T>(static_cast<uint32_t>(a) << unused) >> unused;
    return (b & 31) == 0 ? T{0} : extended;
  }
};

// b ones from bit a upwards.
template <bool kClamp>
struct Mask {
  uint32_t operator()(uint32_t a, uint32_t b) const {
    const uint32_t position = a & 31, width = b & 31;
    const uint32_t from = kClamp && a >= 32 ? 0 : ~0u << position;
    const bool to_the_top = position + width >= 32 || (kClamp && b >= 32);
    return to_the_top ? from : from & ~(~0u << ((position + width) & 31));
  }
};

bool take_clamp(Decoding& decoding) {
  const std::string mode = decoding.take_one_of({"clamp", "wrap"});
  if (mode.empty()) decoding.invalid("needs .clamp or .wrap");
  return mode == "clamp";
}

}  // namespace

void decode_szext(Decoding& decoding) {
  const bool clamp = take_clamp(decoding);
  const ptx::Type type = decoding.take_type({"u32", "s32"});
  bind_same_type(decoding, type, 2);
  if (type.is_signed())
    decoding.operation.run = clamp ? &lanewise<Extend<true>, int32_t, int32_t, uint32_t>
                                   : &lanewise<Extend<false>, int32_t, int32_t, uint32_t>;
  else
    decoding.operation.run = clamp ? &lanewise<Extend<true>, uint32_t, uint32_t, uint32_t>
                                   : &lanewise<Extend<false>, uint32_t, uint32_t, uint32_t>;
}

void decode_bmsk(Decoding& decoding) {
  const bool clamp = take_clamp(decoding);
  bind_same_type(decoding, decoding.take_type({"b32"}), 2);
  decoding.operation.run = clamp ? &lanewise<Mask<true>, uint32_t, uint32_t, uint32_t>
                                 : &lanewise<Mask<false>, uint32_t, uint32_t, uint32_t>;
}

}  // namespace decode_lab::instructions
