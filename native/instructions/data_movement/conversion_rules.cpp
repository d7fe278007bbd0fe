#include "instructions/data_movement/conversion_rules.h"

#include <algorithm>

namespace decode_lab::instructions {

namespace {

using ptx::TypeClass;

constexpr std::string_view kConverted[] = {"u8",  "u16", "u32", "u64",  "s8",  "s16",
                                           "s32", "s64", "f16", "bf16", "f32", "f64"};
constexpr ptx::Type kSingle{TypeClass::floating, 32};

bool is_bf16(ptx::Type type) { return type.type_class == TypeClass::bfloat; }

// Are all values of `a` values of `d`?
bool holds_all(ptx::Type d, ptx::Type a) {
  if (d.is_signed() == a.is_signed()) return d.bits >= a.bits;
  return d.is_signed() && d.bits > a.bits;
}

struct Written {
  Conversion conversion;
  bool has_rounding;
};

Written take_modifiers(Decoding& decoding) {
  Conversion c{};
  const std::string rounding = decoding.take_one_of({"rni", "rzi", "rmi", "rpi", "rn", "rz", "rm", "rp"});
  c.to_integral = rounding.size() == 3;
  const char direction = rounding.empty() ? 'n' : rounding[1];
  c.rounding = direction == 'z'   ? Rounding::toward_zero
               : direction == 'm' ? Rounding::down
               : direction == 'p' ? Rounding::up
                                  : Rounding::nearest_even;
  c.flush = decoding.take("ftz");
  c.saturate = decoding.take("sat");
  c.relu = decoding.take("relu");
  c.saturate_finite = decoding.take("satfinite");
  c.to = decoding.take_type(kConverted);
  c.from = decoding.take_type(kConverted);
  return {c, !rounding.empty()};
}

// Integer rounding: to integers and within one floating-point type. Floating-point rounding: from integers and where
// precision is lost; widening .bf16 may be written with one, which changes nothing.
void require_fitting_rounding(Decoding& decoding, const Written& written) {
  const Conversion& c = written.conversion;
  const bool to_float = !c.to.is_integer(), from_float = !c.from.is_integer();
  const bool integral = written.has_rounding && c.to_integral, fractional = written.has_rounding && !c.to_integral;
  if (!to_float && !from_float) {
    if (written.has_rounding) decoding.invalid("rounds between integers");
  } else if (!to_float) {
    if (!integral) decoding.invalid("needs .rni, .rzi, .rmi or .rpi");
  } else if (!from_float) {
    if (!fractional) decoding.invalid("needs .rn, .rz, .rm or .rp");
  } else if (c.to == c.from) {
    if (fractional) decoding.invalid("rounds between equal types");
  } else if (c.to.bits > c.from.bits) {
    if (integral || (fractional && !is_bf16(c.from))) decoding.invalid("rounds where nothing is lost");
  } else if (!fractional) {
    decoding.invalid("needs .rn, .rz, .rm or .rp");
  }
}

void require_fitting_saturation(Decoding& decoding, const Conversion& c) {
  const bool bfloat = is_bf16(c.to) || is_bf16(c.from);
  if (c.flush && c.to != kSingle && c.from != kSingle) decoding.invalid("has .ftz, but no .f32 takes part");
  if (c.saturate && bfloat) decoding.invalid("has .sat, which .bf16 does not take");
  if (c.saturate && c.to.is_integer() && c.from.is_integer() && holds_all(c.to, c.from))
    decoding.invalid("has .sat, but cannot overflow");
  if (!c.relu && !c.saturate_finite) return;
  const bool to_half = c.to.type_class == TypeClass::half || is_bf16(c.to);
  const bool nearest_or_zero = c.rounding == Rounding::nearest_even || c.rounding == Rounding::toward_zero;
  if (!to_half || c.from != kSingle || !nearest_or_zero || c.flush || c.saturate)
    decoding.invalid("has .relu or .satfinite, which only .rn and .rz to .f16 or .bf16 from .f32 take, without .ftz");
  if (c.relu) decoding.require_target(80);
}

void require_target_of_bf16(Decoding& decoding, const Conversion& c) {
  if (!is_bf16(c.to) && !is_bf16(c.from)) return;
  const bool with_single = (c.to == kSingle && !c.flush) || c.from == kSingle;
  decoding.require_target(with_single ? 80 : 90);
}

}  // namespace

Conversion take_scalar_conversion(Decoding& decoding) {
  const Written written = take_modifiers(decoding);
  require_fitting_rounding(decoding, written);
  require_fitting_saturation(decoding, written.conversion);
  require_target_of_bf16(decoding, written.conversion);
  return written.conversion;
}

}  // namespace decode_lab::instructions
