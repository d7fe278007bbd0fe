// dp4a.atype.btype d, a, b, c; dp2a.{lo,hi}.atype.btype d, a, b, c with types u32 and s32   (PTX
// ISA 9.7.1.23, 9.7.1.24). Deviations: none.
#include "instructions/decoders.h"
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

namespace {

// Element i of kBits bits, extended by its sign if kSigned.
template <uint32_t kBits, bool kSigned>
uint32_t element(uint32_t word, uint32_t i) {
  const uint32_t top = word << (32 - kBits * (i + 1));
  return kSigned ? static_cast<uint32_t>(static_cast<int32_t>(top) >> (32 - kBits)) : top >> (32 - kBits);
}

template <bool kSignedA, bool kSignedB>
struct FourBytes {
  uint32_t operator()(uint32_t a, uint32_t b, uint32_t c) const {
    for (uint32_t i = 0; i < 4; i++) c += element<8, kSignedA>(a, i) * element<8, kSignedB>(b, i);
    return c;
  }
};

template <uint32_t kFirst>
struct TwoHalves {
  template <bool kSignedA, bool kSignedB>
  struct Of {
    uint32_t operator()(uint32_t a, uint32_t b, uint32_t c) const {
      for (uint32_t i = 0; i < 2; i++) c += element<16, kSignedA>(a, i) * element<8, kSignedB>(b, kFirst + i);
      return c;
    }
  };
};

template <template <bool, bool> class Dot>
void decode_dot(Decoding& decoding) {
  const ptx::Type a = decoding.take_type({"u32", "s32"}), b = decoding.take_type({"u32", "s32"});
  decoding.require_operands(4);
  auto& operation = decoding.operation;
  for (size_t i = 1; i <= 3; i++) operation.slots[i] = decoding.source(i, a);
  operation.slots[0] = decoding.destination(0, a);
  const auto handler = []<bool kSignedA, bool kSignedB>() -> machine::Handler {
    return &lanewise<Dot<kSignedA, kSignedB>, uint32_t, uint32_t, uint32_t, uint32_t>;
  };
  if (a.is_signed())
    operation.run =
        b.is_signed() ? handler.template operator()<true, true>() : handler.template operator()<true, false>();
  else
    operation.run =
        b.is_signed() ? handler.template operator()<false, true>() : handler.template operator()<false, false>();
}

}  // namespace

void decode_dp4a(Decoding& decoding) { decode_dot<FourBytes>(decoding); }

void decode_dp2a(Decoding& decoding) {
  const std::string half = decoding.take_one_of({"lo", "hi"});
  if (half.empty()) decoding.invalid("needs .lo or .hi");
  if (half == "lo")
    decode_dot<TwoHalves<0>::Of>(decoding);
  else
    decode_dot<TwoHalves<2>::Of>(decoding);
}

}  // namespace decode_lab::instructions
