// Instructions of .f16, .f16x2, .bf16 and .bf16x2: one functor over the bits of an element becomes a Handler. Modifiers
// are template arguments, as loops over lanes do not vectorise around runtime ones.
#pragma once
#include <utility>

#include "instructions/decoding.h"
#include "instructions/half_precision/half_number.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"

namespace decode_lab::instructions {

inline bool is_bfloat(ptx::Type type) {
  return type.type_class == ptx::TypeClass::bfloat || type.type_class == ptx::TypeClass::bfloat_x2;
}

// The combinations of modifiers that a format has, as bits of the instruction's own.
template <uint32_t... kForms>
struct Forms {};

namespace detail {

// Element(sources…) of each 16-bit element of words W.
template <class Element, class W>
struct Elements {
  template <class... S>
  W operator()(S... words) const {
    const W low = Element{}(static_cast<uint16_t>(words)...);
    if constexpr (sizeof(W) == 2)
      return low;
    else
      return low | W{Element{}(static_cast<uint16_t>(words >> 16)...)} << 16;
  }
};

template <class W, size_t>
using Word = W;

template <class Element, class W, size_t... I>
machine::Handler elements_handler(std::index_sequence<I...>) {
  return &lanewise<Elements<Element, W>, W, Word<W, I>...>;
}

template <template <class, uint32_t> class Element, class Format, size_t kSources, uint32_t... kForms>
machine::Handler handler_of_form(uint32_t form, bool pair, Forms<kForms...>) {
  constexpr auto kIndices = std::make_index_sequence<kSources>{};
  machine::Handler handler = nullptr;
  ((form == kForms ? void(handler = pair ? elements_handler<Element<Format, kForms>, uint32_t>(kIndices)
                                         : elements_handler<Element<Format, kForms>, uint16_t>(kIndices))
                   : void()),
   ...);
  return handler;
}

}  // namespace detail

// Binds destination and sources of `type` to Element<F16Bits or Bf16Bits, form>; forms of neither list are refused.
template <template <class, uint32_t> class Element, size_t kSources, class F16Forms, class Bf16Forms>
void bind_half(Decoding& decoding, ptx::Type type, uint32_t form) {
  bind_same_type(decoding, type, kSources);
  const bool pair = type.bits == 32;
  decoding.operation.run = is_bfloat(type)
                               ? detail::handler_of_form<Element, Bf16Bits, kSources>(form, pair, Bf16Forms{})
                               : detail::handler_of_form<Element, F16Bits, kSources>(form, pair, F16Forms{});
  if (decoding.operation.run == nullptr)
    decoding.invalid("has a combination of modifiers that ." + to_string(type) + " does not take");
}

}  // namespace decode_lab::instructions
