#include "instructions/comparison/compare.h"

#include <cmath>
#include <functional>

#include "instructions/floating_point/number_format.h"
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
  double operator()(uint16_t bits) const { return to_double(bits, kF16); }
};
struct FromF16Flushed {
  double operator()(uint16_t bits) const { return to_double((bits & 0x7C00) == 0 ? bits & 0x8000 : bits, kF16); }
};
struct FromBf16 {
  float operator()(uint16_t bits) const { return bf16_to_float(bits); }
};

template <class Compare, class T, class Load>
LaneMask compare_rows(Warp& warp, const Operation& operation) {
  const T* const a = warp.row<T>(operation.slots[1]);
  const T* const b = warp.row<T>(operation.slots[2]);
  LaneMask holds = 0;
  for (uint32_t lane = 0; lane < kLanes; lane++) holds |= LaneMask{Compare{}(Load{}(a[lane]), Load{}(b[lane]))} << lane;
  return holds;
}

template <class T, class Load = AsIs>
Comparison floating_comparison(std::string_view name) {
  const std::pair<std::string_view, Comparison> known[] = {
      {"eq", &compare_rows<std::equal_to<>, T, Load>},
      {"ne", &compare_rows<OrderedNotEqual, T, Load>},
      {"lt", &compare_rows<std::less<>, T, Load>},
      {"le", &compare_rows<std::less_equal<>, T, Load>},
      {"gt", &compare_rows<std::greater<>, T, Load>},
      {"ge", &compare_rows<std::greater_equal<>, T, Load>},
      {"equ", &compare_rows<OrUnordered<std::equal_to<>>, T, Load>},
      {"neu", &compare_rows<OrUnordered<OrderedNotEqual>, T, Load>},
      {"ltu", &compare_rows<OrUnordered<std::less<>>, T, Load>},
      {"leu", &compare_rows<OrUnordered<std::less_equal<>>, T, Load>},
      {"gtu", &compare_rows<OrUnordered<std::greater<>>, T, Load>},
      {"geu", &compare_rows<OrUnordered<std::greater_equal<>>, T, Load>},
      {"num", &compare_rows<Numbers, T, Load>},
      {"nan", &compare_rows<AnyNaN, T, Load>},
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

Comparison take_comparison(Decoding& decoding) {
  const std::string name = decoding.take_one_of({"eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ",
                                                 "neu", "ltu", "leu", "gtu", "geu", "num", "nan"});
  if (name.empty()) decoding.refuse("without a comparison operator");
  const bool flush = decoding.take("ftz");
  const ptx::Type type = decoding.take_type();
  const bool may_flush = type == ptx::Type{ptx::TypeClass::floating, 32} || type.type_class == ptx::TypeClass::half;
  if (flush && !may_flush) decoding.invalid("has .ftz, which ." + to_string(type) + " does not take");
  decoding.operation.slots[1] = decoding.source(1, type);
  decoding.operation.slots[2] = decoding.source(2, type);
  Comparison comparison = nullptr;
  switch (type.type_class) {
    case ptx::TypeClass::floating:
      if (type.bits == 64)
        comparison = floating_comparison<double>(name);
      else
        comparison = flush ? floating_comparison<float, Flushed>(name) : floating_comparison<float>(name);
      break;
    case ptx::TypeClass::half:
      comparison =
          flush ? floating_comparison<uint16_t, FromF16Flushed>(name) : floating_comparison<uint16_t, FromF16>(name);
      break;
    case ptx::TypeClass::bfloat:
      comparison = floating_comparison<uint16_t, FromBf16>(name);
      break;
    case ptx::TypeClass::half_x2:
    case ptx::TypeClass::bfloat_x2:
    case ptx::TypeClass::predicate:
      decoding.refuse("of type ." + to_string(type));
    default:
      comparison = with_integer_type(decoding, type, [&]<class T>() { return integer_comparison<T>(name); });
  }
  if (comparison == nullptr)
    decoding.invalid("has operator ." + name + ", which ." + to_string(type) + " does not take");
  return comparison;
}

}  // namespace decode_lab::instructions
