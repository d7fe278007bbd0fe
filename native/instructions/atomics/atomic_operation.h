// What atom and red compute (PTX ISA 9.7.13.5, Semantics): functions of the value in memory and the operands.
#pragma once
#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "instructions/floating_point/number_format.h"
#include "ptx/types.h"

namespace decode_lab::instructions {

// T is the value in memory: an integer, float, double, or the bits of a half.
struct AtomicAnd {
  template <class T>
  static T apply(T r, T s) {
    return r & s;
  }
};
struct AtomicOr {
  template <class T>
  static T apply(T r, T s) {
    return r | s;
  }
};
struct AtomicXor {
  template <class T>
  static T apply(T r, T s) {
    return r ^ s;
  }
};
struct AtomicExchange {
  template <class T>
  static T apply(T, T s) {
    return s;
  }
};
struct AtomicAdd {
  template <class T>
  static T apply(T r, T s) {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(std::make_unsigned_t<T>(r) + std::make_unsigned_t<T>(s));
    else
      return r + s;
  }
};
struct AtomicIncrement {
  static uint32_t apply(uint32_t r, uint32_t s) { return r >= s ? 0 : r + 1; }
};
struct AtomicDecrement {
  static uint32_t apply(uint32_t r, uint32_t s) { return r == 0 || r > s ? s : r - 1; }
};
struct AtomicMin {
  template <class T>
  static T apply(T r, T s) {
    return std::min(r, s);
  }
};
struct AtomicMax {
  template <class T>
  static T apply(T r, T s) {
    return std::max(r, s);
  }
};

// "atom.add.f32 on global memory flushes subnormal inputs and results to sign-preserving zero", not on shared memory.
struct AtomicAddSingle {
  static float apply(float r, float s, ptx::StateSpace space) {
    if (space == ptx::StateSpace::shared) return canonical_nan(r + s);
    return flush_subnormal(canonical_nan(flush_subnormal(r) + flush_subnormal(s)));
  }
};

// add, min and max of halves, without flushing; the exact result is rounded once.
template <bool kBfloat>
struct HalfFormat {
  static constexpr NumberFormat kFormat = kBfloat ? kBf16 : kF16;
  static double value(uint16_t bits) { return to_double(bits, kFormat); }
  static uint16_t bits(double value) {
    return static_cast<uint16_t>(round_to_format(value, kFormat, Rounding::nearest_even));
  }
};
template <bool kBfloat>
struct AtomicAddHalf : HalfFormat<kBfloat> {
  static uint16_t apply(uint16_t r, uint16_t s) {
    return AtomicAddHalf::bits(AtomicAddHalf::value(r) + AtomicAddHalf::value(s));
  }
};
template <bool kBfloat, bool kMax>
struct AtomicMinMaxHalf : HalfFormat<kBfloat> {
  static uint16_t apply(uint16_t r, uint16_t s) {
    const double a = AtomicMinMaxHalf::value(r), b = AtomicMinMaxHalf::value(s);
    if (a != a || b != b) return a == a ? r : b == b ? s : AtomicMinMaxHalf::bits(a);
    if (a == b) return (r >> 15 != 0) == kMax ? s : r;
    return (a < b) == kMax ? s : r;
  }
};

}  // namespace decode_lab::instructions
