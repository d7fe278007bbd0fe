// abs, neg{.ftz}.{f16,f16x2}, .{bf16,bf16x2}; min, max{.ftz}{.NaN}{.xorsign.abs}.{f16,f16x2},
// {.NaN}{.xorsign.abs}.bf16… (PTX ISA 9.7.4.5–9.7.4.8). The NaN of abs and neg, which the ISA leaves open, is 0x7fff.
// Deviations: none.
#include "instructions/decoders.h"
#include "instructions/floating_point/min_max.h"
#include "instructions/half_precision/half_forms.h"

namespace decode_lab::instructions {

namespace {

constexpr uint16_t kCanonicalNaN = 0x7FFF;

template <bool kNegate>
struct Sign {
  template <class Format, uint32_t kForm>
  struct Element {
    uint16_t operator()(uint16_t a) const {
      const uint16_t bits = kForm != 0 ? flush_bits<Format>(a) : a;
      const auto result = static_cast<uint16_t>(kNegate ? bits ^ 0x8000 : bits & 0x7FFF);
      return is_nan_bits<Format>(bits) ? kCanonicalNaN : result;
    }
  };
};

// -0 is smaller than +0; one NaN yields the other operand unless .NaN.
template <bool kMax>
struct MinMax {
  template <class Format, uint32_t kForm>
  struct Element {
    uint16_t operator()(uint16_t a, uint16_t b) const {
      if constexpr ((kForm & kFlushInputs) != 0) a = flush_bits<Format>(a), b = flush_bits<Format>(b);
      const auto sign = static_cast<uint16_t>((a ^ b) & 0x8000);
      if constexpr ((kForm & kXorSign) != 0) a &= 0x7FFF, b &= 0x7FFF;
      const bool a_nan = is_nan_bits<Format>(a), b_nan = is_nan_bits<Format>(b);
      uint16_t result = (order(a) < order(b)) == kMax ? b : a;
      result = b_nan ? a : result;
      result = a_nan ? b : result;  // a NaN if both are
      const bool nan = (kForm & kPropagateNaN) != 0 ? a_nan | b_nan : a_nan & b_nan;
      if constexpr ((kForm & kXorSign) != 0) result = static_cast<uint16_t>(result | sign);
      return nan ? kCanonicalNaN : result;
    }

   private:
    // Numbers in their order, -0 before +0.
    static int16_t order(uint16_t bits) { return static_cast<int16_t>((bits & 0x8000) != 0 ? bits ^ 0x7FFF : bits); }
  };
};

template <bool kNegate>
void decode_sign(Decoding& decoding) {
  const uint32_t form = decoding.take("ftz") ? kFlushInputs : 0;
  const ptx::Type type = decoding.take_type(kHalfTypes);
  if (is_bfloat(type)) decoding.require_target(80);
  bind_half<Sign<kNegate>::template Element, 1, Forms<0, kFlushInputs>, Forms<0>>(decoding, type, form);
}

template <bool kMax>
void decode_min_or_max(Decoding& decoding) {
  decoding.require_target(80);
  const uint32_t form = take_min_max_form(decoding);
  const ptx::Type type = decoding.take_type(kHalfTypes);
  bind_half<MinMax<kMax>::template Element, 2, Forms<0, 1, 2, 3, 4, 5, 6, 7>,
            Forms<0, kPropagateNaN, kXorSign, kPropagateNaN | kXorSign>>(decoding, type, form);
}

}  // namespace

void decode_half_abs(Decoding& decoding) { decode_sign<false>(decoding); }
void decode_half_neg(Decoding& decoding) { decode_sign<true>(decoding); }
void decode_half_min(Decoding& decoding) { decode_min_or_max<false>(decoding); }
void decode_half_max(Decoding& decoding) { decode_min_or_max<true>(decoding); }

}  // namespace decode_lab::instructions
