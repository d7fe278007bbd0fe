// abs.type d, a; neg.type d, a; min{.relu}.type d, a, b; max{.relu}.type d, a, b, both also .u16x2, .s16x2;
// sad.type d, a, b, c   (PTX ISA 9.7.1.10, 9.7.1.11, 9.7.1.12, 9.7.1.13, 9.7.1.7). Deviations: none.
#include <type_traits>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

constexpr std::string_view kPairs[] = {"u16x2", "s16x2"}, kSignedPair[] = {"s16x2"};

struct Neg {
  template <class T>
  T operator()(T a) const {
    return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(a));
  }
};

struct Abs {
  template <class T>
  T operator()(T a) const {
    return a < 0 ? Neg{}(a) : a;
  }
};

struct Min {
  template <class T>
  T operator()(T a, T b) const {
    return a < b ? a : b;
  }
};

struct Max {
  template <class T>
  T operator()(T a, T b) const {
    return a > b ? a : b;
  }
};

// .relu: negative results become 0.
template <class Compute>
struct Clamped {
  template <class T>
  T operator()(T a, T b) const {
    return Max{}(Compute{}(a, b), T{0});
  }
};

// The halves of a word, each of type T.
template <class Compute, class T>
struct Pair {
  uint32_t operator()(uint32_t a, uint32_t b) const {
    const T low = Compute{}(static_cast<T>(a), static_cast<T>(b));
    const T high = Compute{}(static_cast<T>(a >> 16), static_cast<T>(b >> 16));
    return uint32_t{static_cast<uint16_t>(high)} << 16 | static_cast<uint16_t>(low);
  }
};

struct Sad {
  template <class T>
  T operator()(T a, T b, T c) const {
    using Unsigned = std::make_unsigned_t<T>;
    const auto difference = a < b ? static_cast<Unsigned>(b) - static_cast<Unsigned>(a)
                                  : static_cast<Unsigned>(a) - static_cast<Unsigned>(b);
    return static_cast<T>(static_cast<Unsigned>(c) + difference);
  }
};

template <class Compute>
void decode_unary(Decoding& decoding) {
  const ptx::Type type = decoding.take_type(kSignedTypes);
  bind_same_type(decoding, type, 1);
  decoding.operation.run = with_integer_type(decoding, type, []<class T>() { return &lanewise<Compute, T, T>; });
}

template <class Compute>
machine::Handler handler_of_pair(bool is_signed) {
  return is_signed ? &lanewise<Pair<Compute, int16_t>, uint32_t, uint32_t, uint32_t>
                   : &lanewise<Pair<Compute, uint16_t>, uint32_t, uint32_t, uint32_t>;
}

template <class Compute>
void decode_min_or_max(Decoding& decoding) {
  const bool pair = is_pair_of_integers(decoding), clamp = decoding.take("relu");
  if (pair || clamp) decoding.require_target(90);
  const bool is_signed = decoding.instruction().modifiers.back() != "u16x2";
  const ptx::Type type = pair    ? decoding.take_type(clamp ? std::span<const std::string_view>(kSignedPair) : kPairs)
                         : clamp ? decoding.take_type({"s32"})
                                 : decoding.take_type(kIntegerTypes);
  bind_same_type(decoding, type, 2);
  if (pair)
    decoding.operation.run = clamp ? handler_of_pair<Clamped<Compute>>(true) : handler_of_pair<Compute>(is_signed);
  else if (clamp)
    decoding.operation.run = &lanewise<Clamped<Compute>, int32_t, int32_t, int32_t>;
  else
    decoding.operation.run = with_integer_type(decoding, type, []<class T>() { return &lanewise<Compute, T, T, T>; });
}

}  // namespace

void decode_integer_abs(Decoding& decoding) { decode_unary<Abs>(decoding); }
void decode_integer_neg(Decoding& decoding) { decode_unary<Neg>(decoding); }
void decode_integer_min(Decoding& decoding) { decode_min_or_max<Min>(decoding); }
void decode_integer_max(Decoding& decoding) { decode_min_or_max<Max>(decoding); }

void decode_sad(Decoding& decoding) {
  const ptx::Type type = decoding.take_type(kIntegerTypes);
  bind_same_type(decoding, type, 3);
  decoding.operation.run = with_integer_type(decoding, type, []<class T>() { return &lanewise<Sad, T, T, T, T>; });
}

}  // namespace decode_lab::instructions
