// add{.sat}.type d, a, b; sub{.sat}.type d, a, b; add.{u16x2,s16x2} d, a, b
// (PTX ISA 9.7.1.1, 9.7.1.2; add.cc, sub.cc: 9.7.2.1, 9.7.2.3). Deviations: none.
#include <type_traits>

#include "instructions/decoders.h"
#include "instructions/extended_precision/carry.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a + b);
  }
};

struct Sub {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a - b);
  }
};

// Two 16-bit sums in one word: the carry out of the lower one is dropped.
struct AddPair {
  uint32_t operator()(uint32_t a, uint32_t b) const {
    return ((a & 0x7FFF7FFF) + (b & 0x7FFF7FFF)) ^ ((a ^ b) & 0x80008000);
  }
};

// Clamped to MININT..MAXINT.
template <class Compute>
struct Saturated {
  int32_t operator()(int32_t a, int32_t b) const {
    const int64_t wide = Compute{}(int64_t{a}, int64_t{b});
    return static_cast<int32_t>(wide < INT32_MIN ? INT32_MIN : wide > INT32_MAX ? INT32_MAX : wide);
  }
};

template <class Compute>
void decode_add_or_sub(Decoding& decoding) {
  const bool saturate = decoding.take("sat");
  const ptx::Type type = saturate ? decoding.take_type({"s32"}) : decoding.take_type(kIntegerTypes);
  bind_same_type(decoding, type, 2);
  decoding.operation.run = saturate ? &lanewise<Saturated<Compute>, int32_t, int32_t, int32_t>
                                    : with_width(decoding, type, []<class T>() { return &lanewise<Compute, T, T, T>; });
}

}  // namespace

void decode_integer_add(Decoding& decoding) {
  if (decoding.take("cc")) return decode_carry_chain(decoding, CarryChain::add, {.reads = false, .writes = true});
  if (is_pair_of_integers(decoding)) {
    decoding.require_target(90);
    bind_same_type(decoding, decoding.take_type({"u16x2", "s16x2"}), 2);
    decoding.operation.run = &lanewise<AddPair, uint32_t, uint32_t, uint32_t>;
    return;
  }
  decode_add_or_sub<Add>(decoding);
}

void decode_integer_sub(Decoding& decoding) {
  if (decoding.take("cc")) return decode_carry_chain(decoding, CarryChain::sub, {.reads = false, .writes = true});
  decode_add_or_sub<Sub>(decoding);
}

}  // namespace decode_lab::instructions
