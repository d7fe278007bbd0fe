// mma and wmma.mma of .s8, .u8, .s4, .u4 and .b1 in .s32: the exact sum of products and C wraps, or with .satfinite
// stops at the limits. Of .b1: C plus the number of ones in A xor B or A and B.
#include <algorithm>
#include <limits>

#include "instructions/matrix/columns.h"
#include "instructions/matrix/factors.h"
#include "instructions/matrix/handlers.h"

namespace decode_lab::instructions {

namespace {

constexpr uint32_t kMostDepth = 64;

// A is [row][k], B is [k][column].
struct IntegerFactors {
  alignas(64) int32_t a[kMostSide][kMostDepth], b[kMostDepth][kMostSide];
};

// The elements of one register row, line by line.
struct Elements {
  alignas(64) int32_t value[256];
};

void decode(Warp& warp, Slot slot, Element element, Elements& elements) {
  const auto row = read_row<uint32_t>(warp, slot);
  const uint32_t bits = bits_of(element), per_word = 32 / bits;
  const bool is_signed = element == Element::s8 || element == Element::s4;
  for (uint32_t i = 0; i < per_word; i++) {
    for (uint32_t lane = 0; lane < kLanes; lane++) {
      const uint32_t shifted = row.lane[lane] << (32 - bits * (i + 1));
      elements.value[lane * per_word + i] =
          is_signed ? static_cast<int32_t>(shifted) >> (32 - bits) : static_cast<int32_t>(shifted >> (32 - bits));
    }
  }
}

void read_factors(Warp& warp, const MatrixForm& form, const MatrixSlots& slots, IntegerFactors& factors) {
  const uint32_t width = 128 / bits_of(form.a), blocks = form.k() / width;
  Elements elements;
  for (uint32_t r = 0; r < form.a_registers(); r++) {
    decode(warp, slots.a[r], form.a, elements);
    for (uint32_t line = 0; line < 8; line++)
      std::copy_n(elements.value + line * width, width,
                  factors.a[r % form.eighth_m * 8 + line] + r / form.eighth_m * width);
  }
  for (uint32_t r = 0; r < form.b_registers(); r++) {
    decode(warp, slots.b[r], form.b, elements);
    for (uint32_t i = 0; i < width; i++)
      for (uint32_t line = 0; line < 8; line++)
        factors.b[r % blocks * width + i][r / blocks * 8 + line] = elements.value[line * width + i];
  }
}

// Sums of products, less than 2^23 in magnitude.
struct IntegerSums {
  int32_t value[kMostSide][kMostSide];
};

void write_integer_sums(Warp& warp, const MatrixForm& form, const MatrixSlots& slots, const IntegerSums& sums,
                        LaneMask active) {
  for (uint32_t block = 0; block < form.eighth_m * form.eighth_n; block++) {
    const uint32_t top = block % form.eighth_m * 8, left = block / form.eighth_m * 8;
    for (uint32_t parity = 0; parity < 2; parity++) {
      auto row = read_row<int32_t>(warp, slots.c[2 * block + parity]);
      for (uint32_t lane = 0; lane < kLanes; lane++) {
        const int64_t sum = int64_t{row.lane[lane]} + sums.value[top + lane / 4][left + lane % 4 * 2 + parity];
        const int64_t limited =
            std::clamp<int64_t>(sum, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
        row.lane[lane] = static_cast<int32_t>(form.satfinite != 0 ? limited : sum);
      }
      write_row(warp, slots.d[2 * block + parity], row, active);
    }
  }
}

// A word of a line of eight: visit(line, word of the line, word).
template <class Visit>
void for_each_word(Warp& warp, Slot slot, Visit&& visit) {
  const auto row = read_row<uint32_t>(warp, slot);
  for (uint32_t lane = 0; lane < kLanes; lane++) visit(lane / 4, lane % 4, row.lane[lane]);
}

}  // namespace

void run_integer_mma(Warp& warp, const Operation& operation, LaneMask active) {
  report_missing_lanes(warp, operation, active);
  const MatrixForm form = form_of(operation);
  const MatrixSlots slots(operation, form);
  IntegerFactors factors;
  read_factors(warp, form, slots, factors);
  IntegerSums sums;
  for (uint32_t row = 0; row < form.m(); row++) {
    for (uint32_t left = 0; left < form.n(); left += kColumns) {
      Integers sum{};
      for (uint32_t k = 0; k < form.k(); k++) {
        Integers b;
        load_columns(b, &factors.b[k][left]);
        sum += b * factors.a[row][k];
      }
      std::memcpy(&sums.value[row][left], &sum, sizeof sum);
    }
  }
  write_integer_sums(warp, form, slots, sums, active);
}

void run_bit_mma(Warp& warp, const Operation& operation, LaneMask active) {
  report_missing_lanes(warp, operation, active);
  const MatrixForm form = form_of(operation);
  const MatrixSlots slots(operation, form);
  uint32_t a[kMostSide][8], b[kMostSide][8];
  for (uint32_t r = 0; r < form.a_registers(); r++)
    for_each_word(warp, slots.a[r], [&](uint32_t line, uint32_t word, uint32_t bits) {
      a[r % form.eighth_m * 8 + line][r / form.eighth_m * 4 + word] = bits;
    });
  for (uint32_t r = 0; r < form.b_registers(); r++)
    for_each_word(warp, slots.b[r], [&](uint32_t line, uint32_t word, uint32_t bits) { b[line][r * 4 + word] = bits; });
  IntegerSums sums;
  for (uint32_t row = 0; row < form.m(); row++) {
    for (uint32_t column = 0; column < form.n(); column++) {
      int32_t ones = 0;
      for (uint32_t word = 0; word < form.k() / 32; word++)
        ones += std::popcount(form.conjunction != 0 ? a[row][word] & b[column][word] : a[row][word] ^ b[column][word]);
      sums.value[row][column] = ones;
    }
  }
  write_integer_sums(warp, form, slots, sums, active);
}

}  // namespace decode_lab::instructions
