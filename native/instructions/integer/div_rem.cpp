// div.type d, a, b; rem.type d, a, b   (PTX ISA 9.7.1.8, 9.7.1.9).
// Division by zero "yields an unspecified, machine-specific value": here all ones (div) and a (rem).
// MININT / -1 wraps to MININT, its remainder is 0.
#include <limits>
#include <type_traits>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

template <class T>
bool overflows(T a, T b) {
  return std::is_signed_v<T> && b == static_cast<T>(-1) && a == std::numeric_limits<T>::min();
}

struct Div {
  template <class T>
  T operator()(T a, T b) const {
    if (b == 0) return static_cast<T>(-1);
    return overflows(a, b) ? a : static_cast<T>(a / b);
  }
};

struct Rem {
  template <class T>
  T operator()(T a, T b) const {
    if (b == 0) return a;
    return overflows(a, b) ? T{0} : static_cast<T>(a % b);
  }
};

template <class Compute>
void decode_div_or_rem(Decoding& decoding) {
  const ptx::Type type = decoding.take_type(kIntegerTypes);
  bind_same_type(decoding, type, 2);
  decoding.operation.run = with_integer_type(decoding, type, []<class T>() { return &lanewise<Compute, T, T, T>; });
}

}  // namespace

void decode_integer_div(Decoding& decoding) { decode_div_or_rem<Div>(decoding); }
void decode_integer_rem(Decoding& decoding) { decode_div_or_rem<Rem>(decoding); }

}  // namespace decode_lab::instructions
