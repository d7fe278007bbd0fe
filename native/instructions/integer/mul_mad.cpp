// mul{.hi,.lo,.wide}.type d, a, b; mad{.hi,.lo,.wide}{.sat}.type d, a, b, c   (PTX ISA 9.7.1.3, 9.7.1.4;
// mad.cc: 9.7.2.5). Deviations: none.
#include <type_traits>

#include "instructions/decoders.h"
#include "instructions/extended_precision/carry.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

struct MulLow {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(std::make_unsigned_t<T>(a) * uint64_t{std::make_unsigned_t<T>(b)});
  }
};

struct MulHigh {
  template <class T>
  T operator()(T a, T b) const {
    using Wide =
        std::conditional_t<sizeof(T) == 8, std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>,
                           std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>;
    return static_cast<T>(static_cast<Wide>(a) * static_cast<Wide>(b) >> (sizeof(T) * 8));
  }
};

template <class W>
struct MulWide {
  template <class T>
  W operator()(T a, T b) const {
    return static_cast<W>(static_cast<W>(a) * static_cast<W>(b));
  }
};

template <class Mul>
struct Mad {
  template <class T>
  T operator()(T a, T b, T c) const {
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<Unsigned>(Mul{}(a, b)) + static_cast<Unsigned>(c));
  }
};

template <class W>
struct MadWide {
  template <class T>
  W operator()(T a, T b, W c) const {
    using Unsigned = std::make_unsigned_t<W>;
    return static_cast<W>(static_cast<Unsigned>(MulWide<W>{}(a, b)) + static_cast<Unsigned>(c));
  }
};

// mad.hi.sat.s32: the sum is clamped to MININT..MAXINT.
struct MadHighSaturated {
  int32_t operator()(int32_t a, int32_t b, int32_t c) const {
    const int64_t wide = int64_t{MulHigh{}(a, b)} + c;
    return static_cast<int32_t>(wide < INT32_MIN ? INT32_MIN : wide > INT32_MAX ? INT32_MAX : wide);
  }
};

template <class T>
struct Doubled;
template <>
struct Doubled<int16_t> {
  using type = int32_t;
};
template <>
struct Doubled<uint16_t> {
  using type = uint32_t;
};
template <>
struct Doubled<int32_t> {
  using type = int64_t;
};
template <>
struct Doubled<uint32_t> {
  using type = uint64_t;
};

template <class T>
machine::Handler wide_handler(bool is_mad) {
  using W = typename Doubled<T>::type;
  return is_mad ? &lanewise<MadWide<W>, W, T, T, W> : &lanewise<MulWide<W>, W, T, T>;
}

void decode_wide(Decoding& decoding, ptx::Type type, bool is_mad) {
  const ptx::Type wide{type.type_class, type.bits * 2};
  auto& operation = decoding.operation;
  operation.slots[1] = decoding.source(1, type);
  operation.slots[2] = decoding.source(2, type);
  if (is_mad) operation.slots[3] = decoding.source(3, wide);
  operation.slots[0] = decoding.destination(0, wide);
  if (type.bits == 16)
    operation.run = type.is_signed() ? wide_handler<int16_t>(is_mad) : wide_handler<uint16_t>(is_mad);
  else if (type.bits == 32)
    operation.run = type.is_signed() ? wide_handler<int32_t>(is_mad) : wide_handler<uint32_t>(is_mad);
  else
    decoding.invalid("has .wide, which only 16- and 32-bit types take");
}

void decode_mul_or_mad(Decoding& decoding, bool is_mad) {
  const std::string part = decoding.take_one_of({"lo", "hi", "wide"});
  if (part.empty()) decoding.refuse("without .lo, .hi or .wide");
  const bool saturate = is_mad && part == "hi" && decoding.take("sat");
  if (is_mad && part != "wide" && !saturate && decoding.take("cc"))
    return decode_carry_chain(decoding, part == "lo" ? CarryChain::mad_lo : CarryChain::mad_hi,
                              {.reads = false, .writes = true});
  const ptx::Type type = decoding.take_type(kIntegerTypes);
  decoding.require_operands(is_mad ? 4 : 3);
  if (part == "wide") return decode_wide(decoding, type, is_mad);
  bind_same_type(decoding, type, is_mad ? 3 : 2);
  if (saturate) {
    if (type != ptx::Type{ptx::TypeClass::signed_integer, 32}) decoding.invalid("has .sat, which only .s32 takes");
    decoding.operation.run = &lanewise<MadHighSaturated, int32_t, int32_t, int32_t, int32_t>;
    return;
  }
  decoding.operation.run = with_integer_type(decoding, type, [&]<class T>() -> machine::Handler {
    if (part == "lo") return is_mad ? &lanewise<Mad<MulLow>, T, T, T, T> : &lanewise<MulLow, T, T, T>;
    return is_mad ? &lanewise<Mad<MulHigh>, T, T, T, T> : &lanewise<MulHigh, T, T, T>;
  });
}

}  // namespace

void decode_integer_mul(Decoding& decoding) { decode_mul_or_mad(decoding, false); }
void decode_integer_mad(Decoding& decoding) { decode_mul_or_mad(decoding, true); }

}  // namespace decode_lab::instructions
