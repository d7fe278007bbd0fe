// vop2.dtype.atype.btype{.sat,.add} d{.mask}, a{.asel}, b{.bsel}, c on half-words and vop4… on bytes with vop = vadd,
// vsub, vavrg, vabsdiff, vmin, vmax; vset2, vset4.atype.btype.cmp{.add}…   (PTX ISA 9.7.18.2.1–9.7.18.2.4). Deviations:
// none.
#include <functional>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/video/scalar_form.h"

namespace decode_lab::instructions {

namespace {

struct Add {
  int32_t operator()(int32_t a, int32_t b) const { return a + b; }
};
struct Sub {
  int32_t operator()(int32_t a, int32_t b) const { return a - b; }
};
struct Average {  // halves are rounded away from zero
  int32_t operator()(int32_t a, int32_t b) const { return (a + b + (a + b >= 0 ? 1 : 0)) >> 1; }
};
struct AbsDiff {
  int32_t operator()(int32_t a, int32_t b) const { return a < b ? b - a : a - b; }
};
struct Min {
  int32_t operator()(int32_t a, int32_t b) const { return a < b ? a : b; }
};
struct Max {
  int32_t operator()(int32_t a, int32_t b) const { return a > b ? a : b; }
};
template <class Compare>
struct Set {
  int32_t operator()(int32_t a, int32_t b) const { return Compare{}(a, b) ? 1 : 0; }
};

// `argument`: which element of {b, a} each element of the operands is (3 bits each, a's from bit 0, b's from bit 12),
// the mask from bit 24, the signs of a and b in bits 28 and 29, and what follows from bit 30.
enum class Then : uint32_t { merge, add, saturate_unsigned, saturate_signed };

template <class Primary, uint32_t kElements>
struct Simd {
  static constexpr uint32_t kBits = 32 / kElements, kLow = (1u << kBits) - 1;

  uint32_t operator()(uint32_t a, uint32_t b, uint32_t c, uint32_t form) const {
    const uint64_t both = uint64_t{b} << 32 | a;
    const auto then = static_cast<Then>(form >> 30);
    uint32_t sum = c, merged = c;
    for (uint32_t i = 0; i < kElements; i++) {
      int32_t value = Primary{}(element(both, form >> (3 * i) & 7, (form >> 28 & 1) != 0),
                                element(both, form >> (12 + 3 * i) & 7, (form >> 29 & 1) != 0));
      if (then == Then::saturate_unsigned) value = static_cast<int32_t>(clamp_to(value, kBits, false));
      if (then == Then::saturate_signed) value = static_cast<int32_t>(clamp_to(value, kBits, true));
      const uint32_t there = (form >> (24 + i) & 1) != 0 ? kLow << (kBits * i) : 0;
      merged = (merged & ~there) | (static_cast<uint32_t>(value) << (kBits * i) & there);
      sum += there != 0 ? static_cast<uint32_t>(value) : 0;
    }
    return then == Then::add ? sum : merged;
  }

 private:
  static int32_t element(uint64_t both, uint32_t which, bool is_signed) {
    const auto bits = static_cast<uint32_t>(both >> (kBits * which)) & kLow;
    return is_signed ? static_cast<int32_t>(bits << (32 - kBits)) >> (32 - kBits) : static_cast<int32_t>(bits);
  }
};

// The digits of ".b3210" or ".h10", the last one first; `fallback` if there is no selector.
template <uint32_t kElements>
std::string digits_of(Decoding& decoding, const ptx::Operand& operand, std::string_view fallback) {
  const std::string selector = operand.selector.empty() ? std::string(fallback) : operand.selector;
  const char letter = kElements == 2 ? 'h' : 'b', most = kElements == 2 ? '3' : '7';
  const bool known = selector.size() > 1 && selector[0] == letter &&
                     std::all_of(selector.begin() + 1, selector.end(), [&](char c) { return c >= '0' && c <= most; });
  if (!known) decoding.invalid("has the unknown selector '" + operand.name + "'");
  return {selector.rbegin(), selector.rend() - 1};
}

template <uint32_t kElements>
uint32_t elements_of(Decoding& decoding, const ptx::Operand& operand, std::string_view fallback) {
  const std::string digits = digits_of<kElements>(decoding, operand, fallback);
  if (digits.size() != kElements) decoding.invalid("has the unknown selector '" + operand.name + "'");
  uint32_t elements = 0;
  for (uint32_t i = 0; i < kElements; i++) elements |= static_cast<uint32_t>(digits[i] - '0') << (3 * i);
  return elements;
}

template <uint32_t kElements>
uint32_t mask_of(Decoding& decoding, const ptx::Operand& operand) {
  const std::string digits = digits_of<kElements>(decoding, operand, kElements == 2 ? "h10" : "b3210");
  uint32_t mask = 0;
  for (size_t i = 0; i < digits.size(); i++) {
    const auto digit = static_cast<uint32_t>(digits[i] - '0');
    if (digit >= kElements || mask >> digit != 0) decoding.invalid("has the unknown mask '" + operand.name + "'");
    mask |= 1u << digit;
  }
  return mask;
}

template <uint32_t kElements>
void bind(Decoding& decoding, Then then, bool a_signed, bool b_signed, machine::Handler handler) {
  decoding.require_operands(4);
  auto& operation = decoding.operation;
  const ptx::Operand &a = decoding.operand(1), &b = decoding.operand(2);
  operation.argument = elements_of<kElements>(decoding, a, kElements == 2 ? "h10" : "b3210") |
                       elements_of<kElements>(decoding, b, kElements == 2 ? "h32" : "b7654") << 12 |
                       mask_of<kElements>(decoding, decoding.operand(0)) << 24 | uint32_t{a_signed} << 28 |
                       uint32_t{b_signed} << 29 | static_cast<uint32_t>(then) << 30;
  operation.slots[1] = video_source(decoding, a);
  operation.slots[2] = video_source(decoding, b);
  operation.slots[3] = decoding.source(3, {ptx::TypeClass::untyped, 32});
  operation.slots[0] = video_destination(decoding, decoding.operand(0));
  operation.run = handler;
}

template <class Primary, uint32_t kElements>
constexpr machine::Handler kHandler =
    &lanewise_with_argument<Simd<Primary, kElements>, uint32_t, uint32_t, uint32_t, uint32_t>;

bool take_sign(Decoding& decoding) { return decoding.take_type({"u32", "s32"}).is_signed(); }

template <class Primary, uint32_t kElements>
void decode_simd(Decoding& decoding) {
  const bool d_signed = take_sign(decoding), a_signed = take_sign(decoding), b_signed = take_sign(decoding);
  const bool saturate = decoding.take("sat"), add = decoding.take("add");
  if (saturate && add) decoding.invalid("has both .sat and .add");
  const Then saturated = d_signed ? Then::saturate_signed : Then::saturate_unsigned;
  bind<kElements>(decoding,
                  saturate ? saturated
                  : add    ? Then::add
                           : Then::merge,
                  a_signed, b_signed, kHandler<Primary, kElements>);
}

template <uint32_t kElements>
void decode_set_simd(Decoding& decoding) {
  const bool a_signed = take_sign(decoding), b_signed = take_sign(decoding);
  const std::string compare = decoding.take_one_of({"eq", "ne", "lt", "le", "gt", "ge"});
  if (compare.empty()) decoding.invalid("needs a comparison operator");
  bind<kElements>(decoding, decoding.take("add") ? Then::add : Then::merge, a_signed, b_signed,
                  compare == "eq"   ? kHandler<Set<std::equal_to<>>, kElements>
                  : compare == "ne" ? kHandler<Set<std::not_equal_to<>>, kElements>
                  : compare == "lt" ? kHandler<Set<std::less<>>, kElements>
                  : compare == "le" ? kHandler<Set<std::less_equal<>>, kElements>
                  : compare == "gt" ? kHandler<Set<std::greater<>>, kElements>
                                    : kHandler<Set<std::greater_equal<>>, kElements>);
}

}  // namespace

void decode_vadd2(Decoding& decoding) { decode_simd<Add, 2>(decoding); }
void decode_vsub2(Decoding& decoding) { decode_simd<Sub, 2>(decoding); }
void decode_vavrg2(Decoding& decoding) { decode_simd<Average, 2>(decoding); }
void decode_vabsdiff2(Decoding& decoding) { decode_simd<AbsDiff, 2>(decoding); }
void decode_vmin2(Decoding& decoding) { decode_simd<Min, 2>(decoding); }
void decode_vmax2(Decoding& decoding) { decode_simd<Max, 2>(decoding); }
void decode_vset2(Decoding& decoding) { decode_set_simd<2>(decoding); }
void decode_vadd4(Decoding& decoding) { decode_simd<Add, 4>(decoding); }
void decode_vsub4(Decoding& decoding) { decode_simd<Sub, 4>(decoding); }
void decode_vavrg4(Decoding& decoding) { decode_simd<Average, 4>(decoding); }
void decode_vabsdiff4(Decoding& decoding) { decode_simd<AbsDiff, 4>(decoding); }
void decode_vmin4(Decoding& decoding) { decode_simd<Min, 4>(decoding); }
void decode_vmax4(Decoding& decoding) { decode_simd<Max, 4>(decoding); }
void decode_vset4(Decoding& decoding) { decode_set_simd<4>(decoding); }

}  // namespace decode_lab::instructions
