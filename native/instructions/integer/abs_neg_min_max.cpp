// abs.type d, a; neg.type d, a; min.type d, a, b; max.type d, a, b; sad.type d, a, b, c
// (PTX ISA 9.7.1.10, 9.7.1.11, 9.7.1.12, 9.7.1.13, 9.7.1.7). Deviations: none.
#include <type_traits>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

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
void decode_of(Decoding& decoding, bool only_signed, size_t sources) {
  const ptx::Type type = decoding.take_type();
  if (!type.is_integer() || (only_signed && !type.is_signed())) decoding.invalid("has no type that it takes");
  bind_same_type(decoding, type, sources);
  decoding.operation.run = with_integer_type(decoding, type, [&]<class T>() -> machine::Handler {
    if constexpr (std::is_same_v<Compute, Sad>)
      return &lanewise<Compute, T, T, T, T>;
    else if constexpr (std::is_same_v<Compute, Min> || std::is_same_v<Compute, Max>)
      return &lanewise<Compute, T, T, T>;
    else
      return &lanewise<Compute, T, T>;
  });
}

}  // namespace

void decode_integer_abs(Decoding& decoding) { decode_of<Abs>(decoding, true, 1); }
void decode_integer_neg(Decoding& decoding) { decode_of<Neg>(decoding, true, 1); }
void decode_integer_min(Decoding& decoding) { decode_of<Min>(decoding, false, 2); }
void decode_integer_max(Decoding& decoding) { decode_of<Max>(decoding, false, 2); }
void decode_sad(Decoding& decoding) { decode_of<Sad>(decoding, false, 3); }

}  // namespace decode_lab::instructions
