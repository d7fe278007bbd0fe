// abs{.ftz}.f32, neg{.ftz}.f32, min{.ftz}{.NaN}{.xorsign.abs}.f32, max …, copysign.f32, all also .f64; testp.op.f32
// (PTX ISA 9.7.3.9, 9.7.3.10, 9.7.3.11, 9.7.3.12, 9.7.3.2, 9.7.3.1). Deviations: none.
#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>
#include <utility>

#include "instructions/decoders.h"
#include "instructions/floating_point/min_max.h"
#include "instructions/floating_point/number_format.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"

namespace decode_lab::instructions {

namespace {

template <class T>
T flush(T value) {
  if constexpr (sizeof(T) == 4)
    return flush_subnormal(value);
  else
    return value;
}

template <bool kFlush>
struct Abs {
  template <class T>
  T operator()(T a) const {
    if constexpr (sizeof(T) == 8) return std::isnan(a) ? a : std::fabs(a);  // "NaN input is passed through unchanged"
    return std::fabs(kFlush ? flush(a) : a);
  }
};

template <bool kFlush>
struct Neg {
  template <class T>
  T operator()(T a) const {
    return -(kFlush ? flush(a) : a);
  }
};

struct CopySign {
  template <class T>
  T operator()(T sign, T magnitude) const {
    return std::copysign(magnitude, sign);
  }
};

// Bits of a float or double in the order of the numbers, -0 before +0.
template <class T>
auto ordered(T value) {
  using Signed = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  const auto bits = std::bit_cast<Signed>(value);
  return bits < 0 ? static_cast<Signed>(bits ^ std::numeric_limits<Signed>::max()) : bits;
}

// One NaN yields the other operand unless .NaN.
template <bool kMax, uint32_t kForm>
struct MinMax {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr ((kForm & kFlushInputs) != 0) a = flush(a), b = flush(b);
    const bool negative = std::signbit(a) != std::signbit(b);
    if constexpr ((kForm & kXorSign) != 0) a = std::fabs(a), b = std::fabs(b);
    const bool a_nan = a != a, b_nan = b != b;
    T result = (ordered(a) < ordered(b)) == kMax ? b : a;
    result = b_nan ? a : result;
    result = a_nan ? b : result;  // a NaN if both are
    if constexpr ((kForm & kPropagateNaN) != 0) result = b_nan ? b : result, result = a_nan ? a : result;
    if constexpr ((kForm & kXorSign) != 0) result = result == result && negative ? -result : result;
    if constexpr (sizeof(T) == 4) return canonical_nan(result);
    return result;
  }
};

template <bool kMax, uint32_t... kForms>
machine::Handler single_handler(uint32_t form, std::integer_sequence<uint32_t, kForms...>) {
  constexpr machine::Handler kHandlers[] = {&lanewise<MinMax<kMax, kForms>, float, float, float>...};
  return kHandlers[form];
}

template <template <bool> class Compute>
void decode_sign(Decoding& decoding) {
  const bool flush = decoding.take("ftz");
  const ptx::Type type = flush ? decoding.take_type({"f32"}) : decoding.take_type(kFloatTypes);
  bind_same_type(decoding, type, 1);
  if (type.bits == 64)
    decoding.operation.run = &lanewise<Compute<false>, double, double>;
  else
    decoding.operation.run = flush ? &lanewise<Compute<true>, float, float> : &lanewise<Compute<false>, float, float>;
}

template <bool kMax>
void decode_min_or_max(Decoding& decoding) {
  if (decoding.instruction().operands.size() == 4) decoding.require_target(100);  // three inputs
  const uint32_t form = take_min_max_form(decoding);
  const ptx::Type type = form != 0 ? decoding.take_type({"f32"}) : decoding.take_type(kFloatTypes);
  bind_same_type(decoding, type, 2);
  decoding.operation.run = type.bits == 64 ? &lanewise<MinMax<kMax, 0>, double, double, double>
                                           : single_handler<kMax>(form, std::make_integer_sequence<uint32_t, 8>{});
}

enum class Property : uint32_t { finite, infinite, number, notanumber, normal, subnormal };

template <class T>
bool has_property(T a, Property property) {
  switch (property) {
    case Property::finite:
      return std::isfinite(a);
    case Property::infinite:
      return std::isinf(a);
    case Property::number:
      return !std::isnan(a);
    case Property::notanumber:
      return std::isnan(a);
    case Property::normal:
      return std::isnormal(a) || a == 0;  // zeros count as normal
    case Property::subnormal:
      return std::fpclassify(a) == FP_SUBNORMAL;
  }
  return false;
}

template <class T>
void run_testp(Warp& warp, const Operation& operation, LaneMask active) {
  const T* const a = warp.row<T>(operation.slots[1]);
  LaneMask holds = 0;
  for (uint32_t lane = 0; lane < kLanes; lane++)
    holds |= has_property(a[lane], static_cast<Property>(operation.argument)) ? lane_bit(lane) : 0;
  LaneMask& d = warp.registers().predicate(operation.slots[0]);
  d = (d & ~active) | (holds & active);
}

}  // namespace

void decode_floating_abs(Decoding& decoding) { decode_sign<Abs>(decoding); }
void decode_floating_neg(Decoding& decoding) { decode_sign<Neg>(decoding); }
void decode_floating_min(Decoding& decoding) { decode_min_or_max<false>(decoding); }
void decode_floating_max(Decoding& decoding) { decode_min_or_max<true>(decoding); }

void decode_copysign(Decoding& decoding) {
  const ptx::Type type = decoding.take_type(kFloatTypes);
  bind_same_type(decoding, type, 2);
  decoding.operation.run =
      type.bits == 64 ? &lanewise<CopySign, double, double, double> : &lanewise<CopySign, float, float, float>;
}

void decode_testp(Decoding& decoding) {
  constexpr std::string_view kNames[] = {"finite", "infinite", "number", "notanumber", "normal", "subnormal"};
  const auto name =
      std::find_if(std::begin(kNames), std::end(kNames), [&](auto known) { return decoding.take(known); });
  if (name == std::end(kNames)) decoding.refuse("without a property");
  const ptx::Type type = decoding.take_type(kFloatTypes);
  decoding.require_operands(2);
  decoding.operation.argument = static_cast<uint32_t>(name - std::begin(kNames));
  decoding.operation.slots[1] = decoding.source(1, type);
  decoding.operation.slots[0] = decoding.destination(0, ptx::kPredicate);
  decoding.operation.run = type.bits == 64 ? &run_testp<double> : &run_testp<float>;
}

}  // namespace decode_lab::instructions
