// mul24.{hi,lo}.{u32,s32} d, a, b; mad24.{hi,lo}.{u32,s32} d, a, b, c; mad24.hi.sat.s32 d, a, b, c
// (PTX ISA 9.7.1.5, 9.7.1.6). The sources are the low 24 bits of a and b; .hi is bits 47..16 of the product.
// Deviations: none.
#include <type_traits>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"

namespace decode_lab::instructions {

namespace {

template <class T, bool kHigh>
T product(T a, T b) {
  using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
  const auto low_24_bits = [](T word) {
    return Wide{static_cast<T>(static_cast<T>(static_cast<uint32_t>(word) << 8) >> 8)};
  };
  return static_cast<T>(low_24_bits(a) * low_24_bits(b) >> (kHigh ? 16 : 0));
}

template <bool kHigh>
struct Mul {
  template <class T>
  T operator()(T a, T b) const {
    return product<T, kHigh>(a, b);
  }
};

template <bool kHigh>
struct Mad {
  template <class T>
  T operator()(T a, T b, T c) const {
    return static_cast<T>(static_cast<uint32_t>(product<T, kHigh>(a, b)) + static_cast<uint32_t>(c));
  }
};

// The sum is clamped to MININT..MAXINT.
struct MadHighSaturated {
  int32_t operator()(int32_t a, int32_t b, int32_t c) const {
    const int64_t wide = int64_t{product<int32_t, true>(a, b)} + c;
    return static_cast<int32_t>(wide < INT32_MIN ? INT32_MIN : wide > INT32_MAX ? INT32_MAX : wide);
  }
};

template <class T>
machine::Handler handler(bool high, bool is_mad) {
  if (is_mad) return high ? &lanewise<Mad<true>, T, T, T, T> : &lanewise<Mad<false>, T, T, T, T>;
  return high ? &lanewise<Mul<true>, T, T, T> : &lanewise<Mul<false>, T, T, T>;
}

void decode_24_bit(Decoding& decoding, bool is_mad) {
  const std::string part = decoding.take_one_of({"lo", "hi"});
  if (part.empty()) decoding.invalid("needs .lo or .hi");
  const bool saturate = is_mad && part == "hi" && decoding.take("sat");
  const ptx::Type type = saturate ? decoding.take_type({"s32"}) : decoding.take_type({"u32", "s32"});
  bind_same_type(decoding, type, is_mad ? 3 : 2);
  decoding.operation.run = saturate           ? &lanewise<MadHighSaturated, int32_t, int32_t, int32_t, int32_t>
                           : type.is_signed() ? handler<int32_t>(part == "hi", is_mad)
                                              : handler<uint32_t>(part == "hi", is_mad);
}

}  // namespace

void decode_mul24(Decoding& decoding) { decode_24_bit(decoding, false); }
void decode_mad24(Decoding& decoding) { decode_24_bit(decoding, true); }

}  // namespace decode_lab::instructions
