// vmad.dtype.atype.btype{.sat}{.shr7,.shr15} d, {-}a{.asel}, {-}b{.bsel}, {-}c; vmad….po… d, a{.asel}, b{.bsel}, c
// (PTX ISA 9.7.18.1.3). The signs and negations of the operands decide whether the result is signed, whatever
// dtype is. Deviations: none.
#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/video/scalar_form.h"

namespace decode_lab::instructions {

namespace {

// `argument`: sub-words of a and b in bits 0–5, then these.
constexpr uint32_t kSignedA = 1 << 6, kSignedB = 1 << 7, kMinusProduct = 1 << 8, kMinusC = 1 << 9, kPlusOne = 1 << 10,
                   kSaturate = 1 << 11, kSigned = 1 << 12;
constexpr uint32_t kShift = 16;  // from this bit: how far to shift right

struct MultiplyAdd {
  uint32_t operator()(uint32_t a, uint32_t b, uint32_t c, uint32_t form) const {
    const bool is_signed = (form & kSigned) != 0;
    __int128 sum = static_cast<__int128>(sub_word(a, form & 7, (form & kSignedA) != 0)) *
                   sub_word(b, form >> 3 & 7, (form & kSignedB) != 0);
    if ((form & kMinusProduct) != 0) sum = ~sum;
    if ((form & kMinusC) != 0) c = ~c;
    sum += is_signed ? static_cast<int32_t>(c) : int64_t{c};
    if ((form & (kMinusProduct | kMinusC | kPlusOne)) != 0) sum += 1;
    sum >>= form >> kShift;
    if ((form & kSaturate) == 0) return static_cast<uint32_t>(sum);
    const __int128 most = is_signed ? INT32_MAX : UINT32_MAX, least = is_signed ? INT32_MIN : 0;
    return static_cast<uint32_t>(std::clamp(sum, least, most));
  }
};

}  // namespace

void decode_vmad(Decoding& decoding) {
  decoding.take_type({"u32", "s32"});  // of d, which says nothing more
  const bool a_signed = decoding.take_type({"u32", "s32"}).is_signed();
  const bool b_signed = decoding.take_type({"u32", "s32"}).is_signed();
  decoding.require_operands(4);
  const ptx::Operand &a = decoding.operand(1), &b = decoding.operand(2), &c = decoding.operand(3);
  const bool plus_one = decoding.take("po"), minus_product = a.minus != b.minus;
  if (plus_one && (a.minus || b.minus || c.minus)) decoding.invalid("negates an operand under .po");
  if (minus_product && c.minus) decoding.invalid("negates both the product and c");
  const bool is_signed = a_signed || b_signed || minus_product || c.minus;
  if (!decoding.operand(0).selector.empty() || !c.selector.empty())
    decoding.invalid("has a sub-word where it takes a register");
  const std::string scale = decoding.take_one_of({"shr7", "shr15"});
  auto& operation = decoding.operation;
  operation.argument = sub_word_of(decoding, a) | sub_word_of(decoding, b) << 3 | (a_signed ? kSignedA : 0) |
                       (b_signed ? kSignedB : 0) | (minus_product ? kMinusProduct : 0) | (c.minus ? kMinusC : 0) |
                       (plus_one ? kPlusOne : 0) | (decoding.take("sat") ? kSaturate : 0) | (is_signed ? kSigned : 0) |
                       (scale == "shr7"    ? 7u
                        : scale == "shr15" ? 15u
                                           : 0u)
                           << kShift;
  operation.slots[1] = video_source(decoding, a);
  operation.slots[2] = video_source(decoding, b);
  operation.slots[3] = video_source(decoding, c);
  operation.slots[0] = video_destination(decoding, decoding.operand(0));
  operation.run = &lanewise_with_argument<MultiplyAdd, uint32_t, uint32_t, uint32_t, uint32_t>;
}

}  // namespace decode_lab::instructions
