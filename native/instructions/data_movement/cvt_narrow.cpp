// cvt.rna{.satfinite}.tf32.f32, cvt.{rn,rz}{.relu}.tf32.f32 d, a; cvt.rn.satfinite{.relu}.f8x2.f32 d, a, b and .f16x2
// d, a; cvt.rn{.relu}.f16x2.f8x2 d, a with f8x2 = e4m3x2, e5m2x2   (PTX ISA 9.7.9.21, 5.2.3). A tf32 is a single whose
// low 13 bits are zero. NaN, whose bits the ISA leaves open but for e4m3, becomes 0x7fffe000, 0x7f and 0x7fff.
#include "instructions/data_movement/cvt_forms.h"
#include "instructions/half_precision/half_number.h"
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

namespace {

constexpr uint32_t kRelu = 1, kFinite = 2;
enum class Ties : uint8_t { away, even, cut };

template <Ties kTies>
struct ToTf32 {
  uint32_t operator()(uint32_t a, uint32_t form) const {
    const uint32_t sign = a & 0x80000000, magnitude = a & 0x7FFFFFFF;
    const uint32_t half = kTies == Ties::away ? 0x1000 : kTies == Ties::even ? 0xFFF + (magnitude >> 13 & 1) : 0;
    uint32_t rounded = (magnitude + half) & ~0x1FFFu;
    rounded = (form & kFinite) != 0 && rounded >= 0x7F800000 ? 0x7F7FE000 : rounded;
    const uint32_t number = (form & kRelu) != 0 && sign != 0 ? 0 : sign | rounded;
    return magnitude > 0x7F800000 ? 0x7FFFE000 : number;
  }
};

struct E4m3 {
  static constexpr int kMantissaBits = 3, kLeastExponent = -6;
  static constexpr uint8_t kMost = 0x7E;
  static uint16_t to_f16(uint8_t bits) {
    const uint32_t magnitude = uint32_t{bits & 0x7Fu} << 7;  // the exponent's bias is 8 too small
    const uint16_t number = F16Bits::from_float(F16Bits::to_float(static_cast<uint16_t>(magnitude)) * 256);
    return static_cast<uint16_t>((bits & 0x7F) == 0x7F ? 0x7FFF : (bits & 0x80) << 8 | number);
  }
};

struct E5m2 {
  static constexpr int kMantissaBits = 2, kLeastExponent = -14;
  static constexpr uint8_t kMost = 0x7B;
  static uint16_t to_f16(uint8_t bits) { return static_cast<uint16_t>((bits & 0x7F) > 0x7C ? 0x7FFF : bits << 8); }
};

// To nearest even; what exceeds the largest number becomes it. Units of the last place fill the bits from the bottom,
// so a carry moves into the exponent by itself.
template <class Format>
uint32_t to_f8(float a, uint32_t form) {
  const auto bits = std::bit_cast<uint32_t>(a);
  const auto exponent_field = static_cast<int>(bits >> 23 & 0xFF) - 127;
  const int exponent = exponent_field > Format::kLeastExponent ? exponent_field : Format::kLeastExponent;
  const int capped = exponent < 16 ? exponent : 16;  // above both formats, below overflow
  const float unit = std::bit_cast<float>(static_cast<uint32_t>(127 + Format::kMantissaBits - capped) << 23);
  const float units = std::nearbyint(std::fabs(a) * unit);
  const auto in_range = static_cast<uint32_t>(units < 255 ? units : 255);
  const uint32_t filled = (static_cast<uint32_t>(capped - Format::kLeastExponent) << Format::kMantissaBits) + in_range;
  const uint32_t magnitude = filled < Format::kMost ? filled : Format::kMost;
  const bool negative = bits >> 31 != 0;
  const uint32_t number = negative ? ((form & kRelu) != 0 ? 0 : magnitude | 0x80) : magnitude;
  return a == a ? number : 0x7F;
}

template <class Format>
struct SinglesToF8 {
  uint32_t operator()(float a, float b, uint32_t form) const {
    return to_f8<Format>(a, form) << 8 | to_f8<Format>(b, form);
  }
};

template <class Format>
struct HalvesToF8 {
  uint32_t operator()(uint32_t a, uint32_t form) const {
    return to_f8<Format>(F16Bits::to_float(static_cast<uint16_t>(a >> 16)), form) << 8 |
           to_f8<Format>(F16Bits::to_float(static_cast<uint16_t>(a)), form);
  }
};

template <class Format>
struct F8ToHalves {
  uint32_t operator()(uint16_t a, uint32_t form) const { return element(a >> 8, form) << 16 | element(a & 0xFF, form); }

 private:
  static uint32_t element(int bits, uint32_t form) {
    const uint32_t half = Format::to_f16(static_cast<uint8_t>(bits));
    return (form & kRelu) != 0 && (half & 0x8000) != 0 ? 0 : half;
  }
};

constexpr ptx::Type kB16{ptx::TypeClass::untyped, 16}, kB32{ptx::TypeClass::untyped, 32};

void bind(Decoding& decoding, ptx::Type d, ptx::Type a, size_t sources) {
  decoding.require_operands(1 + sources);
  for (size_t i = 1; i <= sources; i++) decoding.operation.slots[i] = decoding.source(i, a);
  decoding.operation.slots[0] = decoding.destination(0, d);
}

void decode_to_tf32(Decoding& decoding) {
  const std::string rounding = decoding.take_one_of({"rna", "rn", "rz"});
  if (rounding.empty()) decoding.invalid("needs .rna, .rn or .rz");
  const bool away = rounding == "rna", finite = decoding.take("satfinite"), relu = !away && decoding.take("relu");
  decoding.require_target(away ? 80 : finite ? 100 : 90);
  decoding.take_type({"f32"});
  bind(decoding, kB32, kB32, 1);
  decoding.operation.argument = (relu ? kRelu : 0) | (finite ? kFinite : 0);
  decoding.operation.run = away               ? &lanewise_with_argument<ToTf32<Ties::away>, uint32_t, uint32_t>
                           : rounding == "rn" ? &lanewise_with_argument<ToTf32<Ties::even>, uint32_t, uint32_t>
                                              : &lanewise_with_argument<ToTf32<Ties::cut>, uint32_t, uint32_t>;
}

template <class Format>
void decode_f8(Decoding& decoding, bool to_f8) {
  decoding.require_target(89);
  if (!decoding.take("rn")) decoding.invalid("needs .rn");
  if (to_f8 && !decoding.take("satfinite")) decoding.invalid("needs .satfinite");
  decoding.operation.argument = decoding.take("relu") ? kRelu : 0;
  const ptx::Type other = to_f8 ? decoding.take_type({"f32", "f16x2"}) : decoding.take_type({"f16x2"});
  const bool singles = other.type_class == ptx::TypeClass::floating;
  if (!to_f8) {
    bind(decoding, kB32, kB16, 1);
    decoding.operation.run = &lanewise_with_argument<F8ToHalves<Format>, uint32_t, uint16_t>;
  } else if (singles) {
    bind(decoding, kB16, kB32, 2);
    decoding.operation.run = &lanewise_with_argument<SinglesToF8<Format>, uint16_t, float, float>;
  } else {
    bind(decoding, kB16, kB32, 1);
    decoding.operation.run = &lanewise_with_argument<HalvesToF8<Format>, uint16_t, uint32_t>;
  }
}

}  // namespace

bool decode_narrow(Decoding& decoding) {
  const auto& modifiers = decoding.instruction().modifiers;
  if (decoding.take("tf32")) {
    if (modifiers.back() == "tf32") decoding.invalid("converts from .tf32");
    decode_to_tf32(decoding);
    return true;
  }
  const std::string f8 = decoding.take_one_of({"e4m3x2", "e5m2x2"});
  if (f8.empty()) return false;
  const bool to_f8 = modifiers.back() != f8;
  if (f8 == "e4m3x2")
    decode_f8<E4m3>(decoding, to_f8);
  else
    decode_f8<E5m2>(decoding, to_f8);
  return true;
}

}  // namespace decode_lab::instructions
