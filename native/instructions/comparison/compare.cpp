#include "instructions/comparison/compare.h"

#include <cmath>
#include <functional>

#include "instructions/floating_point/number_format.h"
#include "instructions/half_precision/half_number.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

struct Numbers {
  template <class T>
  bool operator()(T a, T b) const {
    return !std::isnan(a) && !std::isnan(b);
  }
};
struct AnyNaN {
  template <class T>
  bool operator()(T a, T b) const {
    return std::isnan(a) || std::isnan(b);
  }
};
// equ, neu, ltu, …: also true when an operand is NaN.
template <class Compare>
struct OrUnordered {
  template <class T>
  bool operator()(T a, T b) const {
    return Compare{}(a, b) || AnyNaN{}(a, b);
  }
};
// `ne` of floating-point operands is false when an operand is NaN.
struct OrderedNotEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a != b && Numbers{}(a, b);
  }
};

struct AsIs {
  template <class T>
  T operator()(T value) const {
    return value;
  }
};
struct Flushed {
  float operator()(float value) const { return flush_subnormal(value); }
};
struct FromF16 {
  float operator()(uint16_t bits) const { return F16Bits::to_float(bits); }
};
struct FromF16Flushed {
  float operator()(uint16_t bits) const { return F16Bits::to_float(flush_bits<F16Bits>(bits)); }
};
struct FromBf16 {
  float operator()(uint16_t bits) const { return bf16_to_float(bits); }
};
template <class Load>
struct Lower {
  float operator()(uint32_t pair) const { return Load{}(static_cast<uint16_t>(pair)); }
};
template <class Load>
struct Upper {
  float operator()(uint32_t pair) const { return Load{}(static_cast<uint16_t>(pair >> 16)); }
};

template <class Compare, class T, class Load>
uint64_t compare_rows(Warp& warp, const Operation& operation) {
  const T* const a = warp.row<T>(operation.slots[1]);
  const T* const b = warp.row<T>(operation.slots[2]);
  LaneMask holds = 0;
  for (uint32_t lane = 0; lane < kLanes; lane++) holds |= LaneMask{Compare{}(Load{}(a[lane]), Load{}(b[lane]))} << lane;
  return holds;
}

template <class Compare, class Load>
uint64_t compare_pairs(Warp& warp, const Operation& operation) {
  return compare_rows<Compare, uint32_t, Lower<Load>>(warp, operation) |
         compare_rows<Compare, uint32_t, Upper<Load>>(warp, operation) << 32;
}

// What compares rows of T; pairs of halves come as uint32_t with a Load of one half.
template <class Compare, class T, class Load>
constexpr Comparison comparison_of() {
  if constexpr (std::is_same_v<T, uint32_t> && !std::is_same_v<Load, AsIs>)
    return &compare_pairs<Compare, Load>;
  else
    return &compare_rows<Compare, T, Load>;
}

template <class T, class Load = AsIs>
Comparison floating_comparison(std::string_view name) {
  const std::pair<std::string_view, Comparison> known[] = {
      {"eq", comparison_of<std::equal_to<>, T, Load>()},
      {"ne", comparison_of<OrderedNotEqual, T, Load>()},
      {"lt", comparison_of<std::less<>, T, Load>()},
      {"le", comparison_of<std::less_equal<>, T, Load>()},
      {"gt", comparison_of<std::greater<>, T, Load>()},
      {"ge", comparison_of<std::greater_equal<>, T, Load>()},
      {"equ", comparison_of<OrUnordered<std::equal_to<>>, T, Load>()},
      {"neu", comparison_of<OrUnordered<OrderedNotEqual>, T, Load>()},
      {"ltu", comparison_of<OrUnordered<std::less<>>, T, Load>()},
      {"leu", comparison_of<OrUnordered<std::less_equal<>>, T, Load>()},
      {"gtu", comparison_of<OrUnordered<std::greater<>>, T, Load>()},
      {"geu", comparison_of<OrUnordered<std::greater_equal<>>, T, Load>()},
      {"num", comparison_of<Numbers, T, Load>()},
      {"nan", comparison_of<AnyNaN, T, Load>()},
  };
  for (const auto& [operator_name, comparison] : known)
    if (operator_name == name) return comparison;
  return nullptr;
}

template <class T>
Comparison integer_comparison(std::string_view name) {
  const std::pair<std::string_view, Comparison> known[] = {
      {"eq", &compare_rows<std::equal_to<>, T, AsIs>}, {"ne", &compare_rows<std::not_equal_to<>, T, AsIs>},
      {"lt", &compare_rows<std::less<>, T, AsIs>},     {"le", &compare_rows<std::less_equal<>, T, AsIs>},
      {"gt", &compare_rows<std::greater<>, T, AsIs>},  {"ge", &compare_rows<std::greater_equal<>, T, AsIs>},
  };
  const std::pair<std::string_view, std::string_view> unsigned_names[] = {
      {"lo", "lt"}, {"ls", "le"}, {"hi", "gt"}, {"hs", "ge"}};
  for (const auto& [unsigned_name, plain] : unsigned_names)
    if (std::is_unsigned_v<T> && name == unsigned_name) name = plain;
  for (const auto& [operator_name, comparison] : known)
    if (operator_name == name) return comparison;
  return nullptr;
}

}  // namespace

BoolOp take_bool_op(Decoding& decoding) {
  const std::string name = decoding.take_one_of({"and", "or", "xor"});
  return name == "and"   ? BoolOp::bit_and
         : name == "or"  ? BoolOp::bit_or
         : name == "xor" ? BoolOp::bit_xor
                         : BoolOp::none;
}

Compared take_comparison(Decoding& decoding) {
  const std::string name = decoding.take_one_of({"eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ",
                                                 "neu", "ltu", "leu", "gtu", "geu", "num", "nan"});
  if (name.empty()) decoding.invalid("needs a comparison operator");
  const bool flush = decoding.take("ftz");
  const ptx::Type type = decoding.take_type(
      {"b16", "b32", "b64", "u16", "u32", "u64", "s16", "s32", "s64", "f16", "f16x2", "bf16", "bf16x2", "f32", "f64"});
  decoding.operation.slots[1] = decoding.source(1, type);
  decoding.operation.slots[2] = decoding.source(2, type);
  Comparison comparison = nullptr;
  bool may_flush = false;
  switch (type.type_class) {
    case ptx::TypeClass::floating:
      may_flush = type.bits == 32;
      comparison = type.bits == 64 ? floating_comparison<double>(name)
                   : flush         ? floating_comparison<float, Flushed>(name)
                                   : floating_comparison<float>(name);
      break;
    case ptx::TypeClass::half:
      may_flush = true;
      comparison =
          flush ? floating_comparison<uint16_t, FromF16Flushed>(name) : floating_comparison<uint16_t, FromF16>(name);
      break;
    case ptx::TypeClass::half_x2:
      may_flush = true;
      comparison =
          flush ? floating_comparison<uint32_t, FromF16Flushed>(name) : floating_comparison<uint32_t, FromF16>(name);
      break;
    case ptx::TypeClass::bfloat:
    case ptx::TypeClass::bfloat_x2:
      decoding.require_target(90);
      comparison = type.bits == 32 ? floating_comparison<uint32_t, FromBf16>(name)
                                   : floating_comparison<uint16_t, FromBf16>(name);
      break;
    case ptx::TypeClass::untyped:
      if (name != "eq" && name != "ne") break;
      [[fallthrough]];
    default:
      comparison = with_integer_type(decoding, type, [&]<class T>() { return integer_comparison<T>(name); });
  }
  if (flush && !may_flush) decoding.invalid("has .ftz, which ." + to_string(type) + " does not take");
  if (comparison == nullptr)
    decoding.invalid("has operator ." + name + ", which ." + to_string(type) + " does not take");
  return {comparison, type, flush};
}

}  // namespace decode_lab::instructions
