// cvt{.rnd}{.ftz}{.sat}{.relu}{.satfinite}.dtype.atype d, a between scalars   (PTX ISA 9.7.9.21); the packed forms are
// in cvt_packed.cpp, .tf32 and fp8 in cvt_narrow.cpp, cvt.pack in cvt_pack.cpp. NaN becomes 0x7fff or 0x7fffffff, which
// the ISA leaves open. Deviation: .f16 from .bf16 and back must be written with a rounding.
#include <cmath>
#include <type_traits>

#include "instructions/data_movement/conversion.h"
#include "instructions/data_movement/conversion_rules.h"
#include "instructions/data_movement/cvt_forms.h"
#include "instructions/data_movement/narrow_single.h"
#include "instructions/decoders.h"
#include "instructions/half_precision/half_number.h"
#include "instructions/lanewise.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

using ptx::TypeClass;

constexpr ptx::Type kF16Type{TypeClass::half, 16}, kBf16Type{TypeClass::bfloat, 16}, kF32Type{TypeClass::floating, 32},
    kF64Type{TypeClass::floating, 64}, kS32{TypeClass::signed_integer, 32}, kU32{TypeClass::unsigned_integer, 32};

// `argument` carries the conversion, so that one handler serves all that have no fast path.
uint32_t pack(ptx::Type type) {
  return static_cast<uint32_t>(type.type_class) << 4 | static_cast<uint32_t>(std::countr_zero(type.bits));
}
ptx::Type unpack(uint32_t packed) { return {static_cast<TypeClass>(packed >> 4 & 15), 1u << (packed & 15)}; }

uint32_t pack(const Conversion& c) {
  return pack(c.to) | pack(c.from) << 8 | static_cast<uint32_t>(c.rounding) << 16 | uint32_t{c.to_integral} << 18 |
         uint32_t{c.flush} << 19 | uint32_t{c.saturate} << 20 | uint32_t{c.relu} << 21 |
         uint32_t{c.saturate_finite} << 22;
}

Conversion unpack_conversion(uint32_t packed) {
  return {.to = unpack(packed & 0xFF),
          .from = unpack(packed >> 8 & 0xFF),
          .rounding = static_cast<Rounding>(packed >> 16 & 3),
          .to_integral = (packed >> 18 & 1) != 0,
          .flush = (packed >> 19 & 1) != 0,
          .saturate = (packed >> 20 & 1) != 0,
          .relu = (packed >> 21 & 1) != 0,
          .saturate_finite = (packed >> 22 & 1) != 0};
}

template <class D, class A>
void run_cvt(Warp& warp, const Operation& operation, LaneMask active) {
  const Conversion conversion = unpack_conversion(operation.argument);
  D* const d = warp.row<D>(operation.slots[0]);
  const A* const a = warp.row<A>(operation.slots[1]);
  machine::for_each_lane(active, [&](uint32_t lane) { d[lane] = static_cast<D>(convert(a[lane], conversion)); });
}

struct Bf16ToSingle {
  float operator()(uint16_t a) const { return canonical_nan(bf16_to_float(a)); }
};
struct F16ToSingle {
  float operator()(uint16_t a) const { return canonical_nan(F16Bits::to_float(a)); }
};
struct SingleSaturated {
  float operator()(float a) const { return saturate_to_unit(a); }
};
struct DoubleToSingle {
  float operator()(double a) const { return canonical_nan(static_cast<float>(a)); }
};
template <class D>
struct Cast {
  template <class A>
  D operator()(A a) const {
    return static_cast<D>(a);
  }
};

template <Rounding kRounding>
float to_integral(float a) {
  switch (kRounding) {
    case Rounding::toward_zero:
      return std::trunc(a);
    case Rounding::down:
      return std::floor(a);
    case Rounding::up:
      return std::ceil(a);
    default:
      return std::nearbyint(a);
  }
}

// Clamped; NaN becomes 0. The limits are exact in double.
template <class D, Rounding kRounding>
struct SingleToInteger {
  D operator()(float a) const {
    const auto integral = static_cast<double>(to_integral<kRounding>(a));
    const double least = std::numeric_limits<D>::min(), most = std::numeric_limits<D>::max();
    const double above = integral > least ? integral : least;
    const double within = above < most ? above : most;
    return a == a ? static_cast<D>(static_cast<int64_t>(within)) : D{0};
  }
};

template <Rounding kRounding>
struct SingleToIntegral {
  float operator()(float a) const { return canonical_nan(to_integral<kRounding>(a)); }
};

template <Rounding kRounding>
machine::Handler integral_handler(ptx::Type to) {
  if (to == kS32) return &lanewise<SingleToInteger<int32_t, kRounding>, int32_t, float>;
  if (to == kU32) return &lanewise<SingleToInteger<uint32_t, kRounding>, uint32_t, float>;
  return to == kF32Type ? &lanewise<SingleToIntegral<kRounding>, float, float> : nullptr;
}

machine::Handler integral_handler(const Conversion& c) {
  switch (c.rounding) {
    case Rounding::nearest_even:
      return integral_handler<Rounding::nearest_even>(c.to);
    case Rounding::toward_zero:
      return integral_handler<Rounding::toward_zero>(c.to);
    case Rounding::down:
      return integral_handler<Rounding::down>(c.to);
    case Rounding::up:
      return integral_handler<Rounding::up>(c.to);
  }
  return nullptr;
}

template <class D>
machine::Handler wide_integer_handler(ptx::Type from) {
  if (from.bits == 32) return from.is_signed() ? &lanewise<Cast<D>, D, int32_t> : &lanewise<Cast<D>, D, uint32_t>;
  if (from.bits == 64) return from.is_signed() ? &lanewise<Cast<D>, D, int64_t> : &lanewise<Cast<D>, D, uint64_t>;
  return nullptr;
}

machine::Handler wide_integer_handler(const Conversion& c) {
  if (c.to == kF32Type) return wide_integer_handler<float>(c.from);
  return c.to == kF64Type ? wide_integer_handler<double>(c.from) : nullptr;
}

// The conversions that fill inner loops; null for all others.
machine::Handler fast_handler(const Conversion& c, ptx::Type d, ptx::Type a) {
  if (d.bits != c.to.bits || a.bits != c.from.bits) return nullptr;
  if (c.saturate) {
    const bool same = c.to == kF32Type && c.from == kF32Type && !c.flush && !c.to_integral;
    return same ? &lanewise<SingleSaturated, float, float> : nullptr;
  }
  const bool up_or_down = c.rounding == Rounding::up || c.rounding == Rounding::down;
  if (c.to_integral && c.from == kF32Type && !(c.flush && up_or_down)) return integral_handler(c);
  if (c.flush || c.to_integral) return nullptr;
  if ((c.to == kF16Type || c.to == kBf16Type) && c.from == kF32Type && !up_or_down)
    return narrow_single_handler(c, false);
  if (c.rounding != Rounding::nearest_even) return nullptr;
  if (c.to == kF32Type && c.from == kBf16Type) return &lanewise<Bf16ToSingle, float, uint16_t>;
  if (c.to == kF32Type && c.from == kF16Type) return &lanewise<F16ToSingle, float, uint16_t>;
  if (c.to == kF64Type && c.from == kF32Type) return &lanewise<Cast<double>, double, float>;
  if (c.to == kF32Type && c.from == kF64Type) return &lanewise<DoubleToSingle, float, double>;
  if (!c.to.is_integer() && c.from.is_integer()) return wide_integer_handler(c);
  if (!c.to.is_integer() || !c.from.is_integer()) return nullptr;
  if (c.to.bits == 64 && c.from.bits == 32)
    return c.from.is_signed() ? &lanewise<Cast<int64_t>, int64_t, int32_t>
                              : &lanewise<Cast<uint64_t>, uint64_t, uint32_t>;
  if (c.to.bits == 32 && c.from.bits == 64) return &lanewise<Cast<uint32_t>, uint32_t, uint64_t>;
  if (c.to.bits == 32 && c.from.bits == 16)
    return c.from.is_signed() ? &lanewise<Cast<int32_t>, int32_t, int16_t>
                              : &lanewise<Cast<uint32_t>, uint32_t, uint16_t>;
  if (c.to.bits == 16 && c.from.bits == 32) return &lanewise<Cast<uint16_t>, uint16_t, uint32_t>;
  return nullptr;
}

// The register may be wider than the type (PTX ISA 9.4.1), except that of a .bf16.
ptx::Type register_for(Decoding& decoding, size_t index, ptx::Type type) {
  const ptx::Operand& operand = decoding.operand(index);
  if (operand.kind != ptx::Operand::Kind::reg) return {type.type_class, std::max(type.bits, 16u)};
  const ptx::Type declared = decoding.register_type(operand);
  if (declared.bits < type.bits || declared == ptx::kPredicate)
    decoding.invalid("has register '" + operand.name + "' narrower than ." + to_string(type));
  if (declared.bits > type.bits && type == kBf16Type)
    decoding.invalid("has register '" + operand.name + "' wider than ." + to_string(type));
  return declared;
}

void decode_scalar(Decoding& decoding) {
  const Conversion c = take_scalar_conversion(decoding);
  decoding.require_operands(2);
  auto& operation = decoding.operation;
  const ptx::Type a = register_for(decoding, 1, c.from), d = register_for(decoding, 0, c.to);
  operation.slots[1] = decoding.source(1, a);
  operation.slots[0] = decoding.destination(0, d);
  operation.argument = pack(c);
  operation.run = fast_handler(c, d, a);
  if (operation.run != nullptr) return;
  operation.run = with_width(
      decoding, d, [&]<class D>() { return with_width(decoding, a, []<class A>() { return &run_cvt<D, A>; }); });
}

}  // namespace

void decode_cvt(Decoding& decoding) {
  if (decode_pack(decoding) || decode_narrow(decoding) || decode_packed(decoding)) return;
  decode_scalar(decoding);
}

}  // namespace decode_lab::instructions
