#include "instructions/matrix/factors.h"

#include <algorithm>

namespace decode_lab::instructions {

namespace {

constexpr int32_t kSingleBias = 127;

// The elements of one register row, line by line.
struct Elements {
  alignas(64) float value[128];
  alignas(64) int32_t exponent[128];
};

int32_t exponent_of(uint32_t magnitude, int mantissa_bits, int32_t bias) {
  const auto field = static_cast<int32_t>(magnitude >> mantissa_bits);
  return magnitude == 0 ? kNoExponent : std::max(field, 1) - bias;
}

struct F16 {
  using Bits = uint16_t;
  static float value(uint16_t bits) { return half_to_float(bits); }
  static int32_t exponent(uint16_t bits) { return half_exponent(bits); }
};
struct Bf16 {
  using Bits = uint16_t;
  static float value(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }
  static int32_t exponent(uint16_t bits) { return exponent_of(bits & 0x7FFFu, 7, kSingleBias); }
};
// The low 13 bits do not count.
struct Tf32 {
  using Bits = uint32_t;
  static float value(uint32_t bits) { return std::bit_cast<float>(bits & ~0x1FFFu); }
  static int32_t exponent(uint32_t bits) { return exponent_of((bits & 0x7FFFFFFFu) >> 13, 10, kSingleBias); }
};
// The upper byte of an f16.
struct E5m2 {
  using Bits = uint8_t;
  static float value(uint8_t bits) { return half_to_float(static_cast<uint16_t>(bits << 8)); }
  static int32_t exponent(uint8_t bits) { return half_exponent(static_cast<uint16_t>(bits << 8)); }
};
// No infinities; the largest pattern is NaN.
struct E4m3 {
  using Bits = uint8_t;
  static float value(uint8_t bits) {
    const uint32_t magnitude = bits & 0x7Fu, sign = uint32_t{bits & 0x80u} << 24;
    const uint32_t normal = (magnitude << 20) + (120u << 23);
    const float subnormal = std::bit_cast<float>((121u << 23) | (magnitude << 20)) - std::bit_cast<float>(121u << 23);
    const uint32_t finite = magnitude < 8 ? std::bit_cast<uint32_t>(subnormal) : normal;
    return std::bit_cast<float>((magnitude == 0x7F ? 0x7FC00000u : finite) | sign);
  }
  static int32_t exponent(uint8_t bits) { return exponent_of(bits & 0x7Fu, 3, 7); }
};

// In an f16 its subnormals are normal.
struct E4m3AsF16 : E4m3 {
  static int32_t exponent(uint8_t bits) {
    const auto field = static_cast<int32_t>(std::bit_cast<uint32_t>(value(bits)) >> 23 & 255);
    return (bits & 0x7Fu) == 0 ? kNoExponent : field - kSingleBias;
  }
};

// On Hopper ptxas (13.0) unpacks fp8 to f16, the lower two bytes of each register for a first instruction and the
// upper two for a second.
bool unpacks_fp8(const MatrixForm& form) { return is_fp8(form.a) && form.arithmetic == MatrixArithmetic::hopper; }

template <class Format>
void decode(Warp& warp, Slot slot, Elements& elements) {
  constexpr size_t kCount = kLanes * sizeof(uint32_t) / sizeof(typename Format::Bits);
  typename Format::Bits bits[kCount];
  std::memcpy(bits, warp.row<uint32_t>(slot), sizeof bits);
  for (size_t i = 0; i < kCount; i++) elements.value[i] = Format::value(bits[i]);
  for (size_t i = 0; i < kCount; i++) elements.exponent[i] = Format::exponent(bits[i]);
}

void decode(Warp& warp, const MatrixForm& form, Element element, Slot slot, Elements& elements) {
  switch (element) {
    case Element::f16:
      return decode<F16>(warp, slot, elements);
    case Element::bf16:
      return decode<Bf16>(warp, slot, elements);
    case Element::tf32:
      return decode<Tf32>(warp, slot, elements);
    case Element::e5m2:
      return decode<E5m2>(warp, slot, elements);
    default:
      return unpacks_fp8(form) ? decode<E4m3AsF16>(warp, slot, elements) : decode<E4m3>(warp, slot, elements);
  }
}

void note_special(Factors& factors, const Elements& elements, uint32_t count) {
  uint32_t special = 0;
  for (uint32_t i = 0; i < count; i++)
    special |= (std::bit_cast<uint32_t>(elements.value[i]) & 0x7F800000u) == 0x7F800000u ? 1 : 0;
  factors.finite = factors.finite && special == 0;
}

// Where the k-th product is in the sequence of sums.
uint32_t place_of(const MatrixForm& form, uint32_t k) {
  if (!unpacks_fp8(form)) return k;
  return k / 4 * 2 + k % 2 + (k % 4 < 2 ? 0 : form.k() / 2);
}

}  // namespace

void read_a(Warp& warp, const MatrixForm& form, const Slot* slots, Factors& a) {
  const uint32_t width = 128 / bits_of(form.a), blocks = form.eighth_m;
  for (uint32_t r = 0; r < form.a_registers(); r++) {
    Elements elements;
    decode(warp, form, form.a, slots[r], elements);
    note_special(a, elements, 8 * width);
    for (uint32_t i = 0; i < width; i++) {
      const uint32_t to = r % blocks * 8 * Factors::kStride + place_of(form, r / blocks * width + i);
      for (uint32_t line = 0; line < 8; line++) {
        a.value[to + line * Factors::kStride] = elements.value[line * width + i];
        a.exponent[to + line * Factors::kStride] = elements.exponent[line * width + i];
      }
    }
  }
}

void read_b(Warp& warp, const MatrixForm& form, const Slot* slots, Factors& b) {
  const uint32_t width = 128 / bits_of(form.b), blocks = form.k() / width;
  for (uint32_t r = 0; r < form.b_registers(); r++) {
    Elements elements;
    decode(warp, form, form.b, slots[r], elements);
    note_special(b, elements, 8 * width);
    for (uint32_t i = 0; i < width; i++) {
      const uint32_t to = place_of(form, r % blocks * width + i) * Factors::kStride + r / blocks * 8;
      for (uint32_t line = 0; line < 8; line++) {
        b.value[to + line] = elements.value[line * width + i];
        b.exponent[to + line] = elements.exponent[line * width + i];
      }
    }
  }
}

void read_sums(Warp& warp, const MatrixForm& form, const Slot* slots, Sums& c) {
  for (uint32_t block = 0; block < form.eighth_m * form.eighth_n; block++) {
    const uint32_t top = block % form.eighth_m * 8, left = block / form.eighth_m * 8;
    if (form.half_c != 0) {
      uint16_t bits[64];
      std::memcpy(bits, warp.row<uint32_t>(slots[block]), sizeof bits);
      for (uint32_t i = 0; i < 64; i++) c.value[top + i / 8][left + i % 8] = half_to_float(bits[i]);
      continue;
    }
    const auto even = read_row<float>(warp, slots[2 * block]), odd = read_row<float>(warp, slots[2 * block + 1]);
    for (uint32_t lane = 0; lane < kLanes; lane++) {
      c.value[top + lane / 4][left + lane % 4 * 2] = even.lane[lane];
      c.value[top + lane / 4][left + lane % 4 * 2 + 1] = odd.lane[lane];
    }
  }
}

void write_sums(Warp& warp, const MatrixForm& form, const Slot* slots, const Sums& d, LaneMask active) {
  for (uint32_t block = 0; block < form.eighth_m * form.eighth_n; block++) {
    const uint32_t top = block % form.eighth_m * 8, left = block / form.eighth_m * 8;
    if (form.half_d != 0) {
      uint16_t bits[64];
      for (uint32_t i = 0; i < 64; i++) bits[i] = float_to_half(d.value[top + i / 8][left + i % 8]);
      Row<uint32_t> row;
      std::memcpy(row.lane, bits, sizeof bits);
      write_row(warp, slots[block], row, active);
      continue;
    }
    Row<float> even, odd;
    for (uint32_t lane = 0; lane < kLanes; lane++) {
      even.lane[lane] = d.value[top + lane / 4][left + lane % 4 * 2];
      odd.lane[lane] = d.value[top + lane / 4][left + lane % 4 * 2 + 1];
    }
    write_row(warp, slots[2 * block], even, active);
    write_row(warp, slots[2 * block + 1], odd, active);
  }
}

}  // namespace decode_lab::instructions
