// cvt{.rnd}{.ftz}{.sat}{.relu}{.satfinite}.dtype.atype d, a; cvt.rnd….{f16x2,bf16x2}.f32 d, a, b   (PTX ISA 9.7.9.21).
// Deviations: fp8, fp6, fp4, tf32, ue8m0 and .rna, .rs are refused.
#include <cmath>

#include "instructions/data_movement/conversion.h"
#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

using ptx::TypeClass;

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
  return {unpack(packed & 0xFF),   unpack(packed >> 8 & 0xFF), static_cast<Rounding>(packed >> 16 & 3),
          (packed >> 18 & 1) != 0, (packed >> 19 & 1) != 0,    (packed >> 20 & 1) != 0,
          (packed >> 21 & 1) != 0, (packed >> 22 & 1) != 0};
}

template <class D, class A>
void run_cvt(Warp& warp, const Operation& operation, LaneMask active) {
  const Conversion conversion = unpack_conversion(operation.argument);
  D* const d = warp.row<D>(operation.slots[0]);
  const A* const a = warp.row<A>(operation.slots[1]);
  machine::for_each_lane(active, [&](uint32_t lane) { d[lane] = static_cast<D>(convert(a[lane], conversion)); });
}

// Two singles to the halves of one word: a in the upper, b in the lower.
void run_cvt_pair(Warp& warp, const Operation& operation, LaneMask active) {
  const Conversion conversion = unpack_conversion(operation.argument);
  auto* const d = warp.row<uint32_t>(operation.slots[0]);
  const auto* const a = warp.row<uint32_t>(operation.slots[1]);
  const auto* const b = warp.row<uint32_t>(operation.slots[2]);
  machine::for_each_lane(active, [&](uint32_t lane) {
    d[lane] = static_cast<uint32_t>(convert(a[lane], conversion) << 16 | convert(b[lane], conversion));
  });
}

struct Bf16ToSingle {
  float operator()(uint16_t a) const { return canonical_nan(bf16_to_float(a)); }
};
struct SingleToBf16 {
  uint16_t operator()(float a) const { return float_to_bf16(a); }
};
struct SinglesToBf16x2 {
  uint32_t operator()(float a, float b) const { return uint32_t{float_to_bf16(a)} << 16 | float_to_bf16(b); }
};
template <class D>
struct Cast {
  template <class A>
  D operator()(A a) const {
    return static_cast<D>(a);
  }
};

bool plain(const Conversion& c) {
  return !c.flush && !c.saturate && !c.relu && !c.saturate_finite && !c.to_integral &&
         c.rounding == Rounding::nearest_even;
}

// The conversions that fill inner loops; null for all others.
machine::Handler fast_handler(const Conversion& c, ptx::Type d, ptx::Type a) {
  constexpr ptx::Type kF32Type{TypeClass::floating, 32}, kBf16Type{TypeClass::bfloat, 16},
      kS32{TypeClass::signed_integer, 32}, kU32{TypeClass::unsigned_integer, 32};
  if (!plain(c) || d.bits != c.to.bits || a.bits != c.from.bits) return nullptr;
  if (c.to == kF32Type && c.from == kBf16Type) return &lanewise<Bf16ToSingle, float, uint16_t>;
  if (c.to == kBf16Type && c.from == kF32Type) return &lanewise<SingleToBf16, uint16_t, float>;
  if (c.to == kF32Type && c.from == kS32) return &lanewise<Cast<float>, float, int32_t>;
  if (c.to == kF32Type && c.from == kU32) return &lanewise<Cast<float>, float, uint32_t>;
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

Conversion take_conversion(Decoding& decoding, bool& has_rounding) {
  Conversion c{};
  const std::string rounding = decoding.take_one_of({"rni", "rzi", "rmi", "rpi", "rn", "rz", "rm", "rp"});
  has_rounding = !rounding.empty();
  c.to_integral = rounding.size() == 3;
  const char direction = has_rounding ? rounding[1] : 'n';
  c.rounding = direction == 'z'   ? Rounding::toward_zero
               : direction == 'm' ? Rounding::down
               : direction == 'p' ? Rounding::up
                                  : Rounding::nearest_even;
  c.flush = decoding.take("ftz");
  c.saturate = decoding.take("sat");
  c.relu = decoding.take("relu");
  c.saturate_finite = decoding.take("satfinite");
  c.to = decoding.take_type();
  c.from = decoding.take_type();
  return c;
}

bool is_float(ptx::Type type) { return !type.is_integer(); }

// A conversion that can lose bits must say how it rounds.
void require_rounding(Decoding& decoding, const Conversion& c, bool has_rounding) {
  if (c.to.type_class == TypeClass::untyped || c.from.type_class == TypeClass::untyped)
    decoding.refuse("between untyped values");
  if (!is_float(c.to) && !is_float(c.from)) {
    if (has_rounding) decoding.invalid("rounds between integers");
    return;
  }
  const bool between_halves = c.to.bits == 16 && c.from.bits == 16 && c.to != c.from;
  const bool narrows = is_float(c.to) && is_float(c.from) ? c.to.bits < c.from.bits || between_halves : true;
  const bool needs_integral = !is_float(c.to);
  if (needs_integral && !c.to_integral) decoding.invalid("needs .rni, .rzi, .rmi or .rpi");
  if (narrows && !has_rounding) decoding.invalid("needs a rounding");
  if (c.to_integral && is_float(c.to) && c.to != c.from)
    decoding.invalid("rounds to an integral value of another type");
}

// Modifiers that the conversion would ignore are not PTX.
void require_meaningful_modifiers(Decoding& decoding, const Conversion& c) {
  constexpr ptx::Type kSingle{TypeClass::floating, 32};
  if (c.flush && c.to != kSingle && c.from != kSingle) decoding.invalid("has .ftz, but no .f32 takes part");
  if ((c.relu || c.saturate_finite) && !is_float(c.to)) decoding.invalid("has .relu or .satfinite for an integer");
}

// The register may be wider than the type (PTX ISA 9.4.1).
ptx::Type register_for(Decoding& decoding, size_t index, ptx::Type type) {
  const ptx::Operand& operand = decoding.operand(index);
  if (operand.kind != ptx::Operand::Kind::reg) return {type.type_class, std::max(type.bits, 16u)};
  const ptx::Type declared = decoding.register_type(operand);
  if (declared.bits < type.bits || declared == ptx::kPredicate)
    decoding.invalid("has register '" + operand.name + "' narrower than ." + to_string(type));
  return declared;
}

void decode_pair(Decoding& decoding, Conversion c) {
  if (c.from != ptx::Type{TypeClass::floating, 32}) decoding.refuse("from ." + to_string(c.from));
  const bool bfloat = c.to.type_class == TypeClass::bfloat_x2;
  c.to = {bfloat ? TypeClass::bfloat : TypeClass::half, 16};
  decoding.require_operands(3);
  auto& operation = decoding.operation;
  operation.slots[1] = decoding.source(1, c.from);
  operation.slots[2] = decoding.source(2, c.from);
  operation.slots[0] = decoding.destination(0, {TypeClass::untyped, 32});
  operation.argument = pack(c);
  operation.run = bfloat && plain(c) ? &lanewise<SinglesToBf16x2, uint32_t, float, float> : &run_cvt_pair;
}

}  // namespace

void decode_cvt(Decoding& decoding) {
  bool has_rounding = false;
  const Conversion c = take_conversion(decoding, has_rounding);
  const bool pair = c.to.type_class == TypeClass::half_x2 || c.to.type_class == TypeClass::bfloat_x2;
  if (pair && (!has_rounding || c.to_integral)) decoding.invalid("needs .rn or .rz");
  if (pair) return decode_pair(decoding, c);
  if (c.from.type_class == TypeClass::half_x2 || c.from.type_class == TypeClass::bfloat_x2)
    decoding.refuse("from ." + to_string(c.from));
  require_rounding(decoding, c, has_rounding);
  require_meaningful_modifiers(decoding, c);
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

}  // namespace decode_lab::instructions
