// One 32-bit word of Marlin's layout: a lane's eight 4-bit weights of a tile of 16 k x 16 columns, as the A operand
// (rows are columns of the head) of mma.m16n8k16. With c = lane / 4 and r = 2 * (lane % 4), nibbles from the lowest:
//   (k r, col c) (k r+8, col c) (k r, col c+8) (k r+8, col c+8), then the same four at k + 1.
#pragma once
#include "activation.cuh"

namespace lm_head {

// Registers in the order of the A fragment: (col c, k r), (col c+8, k r), (col c, k r+8), (col c+8, k r+8).
struct WeightFragment {
  unsigned x[4];
};

// u - 8 of two nibbles in each register; exact. A nibble becomes the low bits of a float whose unit in the last place
// is 1 (lop3 0xEA is (a & b) | c), from which a subtraction takes that float and 8. bfloat16 has one bit too few for
// nibbles in their odd places, which float16 takes with a factor of 1 / 16 instead of a shift.
static __device__ WeightFragment dequantise(unsigned word) {
  WeightFragment fragment;
  unsigned(&x)[4] = fragment.x;
#if ACTIVATION_FLOAT16
  asm("shr.u32 %3, %4, 8;\n\t"
      "lop3.b32 %0, %4, 0x000f000f, 0x64006400, 0xEA;\n\tlop3.b32 %2, %4, 0x00f000f0, 0x64006400, 0xEA;\n\t"
      "lop3.b32 %1, %3, 0x000f000f, 0x64006400, 0xEA;\n\tlop3.b32 %3, %3, 0x00f000f0, 0x64006400, 0xEA;\n\t"
      "sub.rn.f16x2 %0, %0, %5;\n\tsub.rn.f16x2 %1, %1, %5;\n\t"
      "fma.rn.f16x2 %2, %2, %6, %7;\n\tfma.rn.f16x2 %3, %3, %6, %7;"
      : "=&r"(x[0]), "=&r"(x[1]), "=&r"(x[2]), "=&r"(x[3])
      : "r"(word), "r"(0x64086408u), "r"(0x2c002c00u), "r"(0xd480d480u));  // 1024 + 8; 1 / 16 and -(64 + 8)
#else
  asm("shr.u32 %2, %4, 4;\n\tshr.u32 %1, %4, 8;\n\tshr.u32 %3, %4, 12;\n\t"
      "lop3.b32 %0, %4, 0x000f000f, 0x43004300, 0xEA;\n\tlop3.b32 %1, %1, 0x000f000f, 0x43004300, 0xEA;\n\t"
      "lop3.b32 %2, %2, 0x000f000f, 0x43004300, 0xEA;\n\tlop3.b32 %3, %3, 0x000f000f, 0x43004300, 0xEA;\n\t"
      "fma.rn.bf16x2 %0, %0, %5, %6;\n\tfma.rn.bf16x2 %1, %1, %5, %6;\n\t"
      "fma.rn.bf16x2 %2, %2, %5, %6;\n\tfma.rn.bf16x2 %3, %3, %5, %6;"
      : "=&r"(x[0]), "=&r"(x[1]), "=&r"(x[2]), "=&r"(x[3])
      : "r"(word), "r"(0x3f803f80u), "r"(0xc308c308u));  // 1 and -(128 + 8)
#endif
  return fragment;
}

// Two columns' scales, c and c + 8, each twice in a register.
struct ScalePair {
  unsigned first, second;
};

static __device__ ScalePair broadcast(unsigned scales) {
  return {__byte_perm(scales, scales, 0x1010), __byte_perm(scales, scales, 0x3232)};
}

// The product in 16 bits, rounded once: the weight that Marlin multiplies by. sm_80 has no bfloat16 product but fma.
static __device__ void scale(WeightFragment& fragment, ScalePair scales) {
  unsigned(&x)[4] = fragment.x;
#if ACTIVATION_FLOAT16
  asm("mul.rn.f16x2 %0, %0, %4;\n\tmul.rn.f16x2 %1, %1, %5;\n\t"
      "mul.rn.f16x2 %2, %2, %4;\n\tmul.rn.f16x2 %3, %3, %5;"
      : "+r"(x[0]), "+r"(x[1]), "+r"(x[2]), "+r"(x[3])
      : "r"(scales.first), "r"(scales.second));
#else
  asm("fma.rn.bf16x2 %0, %0, %4, %6;\n\tfma.rn.bf16x2 %1, %1, %5, %6;\n\t"
      "fma.rn.bf16x2 %2, %2, %4, %6;\n\tfma.rn.bf16x2 %3, %3, %5, %6;"
      : "+r"(x[0]), "+r"(x[1]), "+r"(x[2]), "+r"(x[3])
      : "r"(scales.first), "r"(scales.second), "r"(0x80008000u));  // -0 keeps the sign of a zero product
#endif
}

// sums (16 columns x 8 tokens, fp32) += weights (16 columns x 16 k) * hidden (16 k x 8 tokens).
static __device__ void multiply_add(float (&sums)[4], const WeightFragment& weights, const unsigned (&hidden)[2]) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32." MMA_TYPE "." MMA_TYPE
      ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(weights.x[0]), "r"(weights.x[1]), "r"(weights.x[2]), "r"(weights.x[3]), "r"(hidden[0]), "r"(hidden[1]));
}

}  // namespace lm_head
