// selp.type d, a, b, c (c a predicate); slct{.ftz}.dtype.{s32,f32} d, a, b, c: a if c >= 0, else b, also for NaN
// (PTX ISA 9.7.6.3 selp, 9.7.6.4 slct). Deviations: none.
#include "instructions/decoders.h"
#include "instructions/floating_point/number_format.h"
#include "instructions/lanewise.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

constexpr std::string_view kSelected[] = {"b16", "b32", "b64", "u16", "u32", "u64", "s16", "s32", "s64", "f32", "f64"};

template <class T>
void run_selp(Warp& warp, const Operation& operation, LaneMask active) {
  T* const d = warp.row<T>(operation.slots[0]);
  const T* const a = warp.row<T>(operation.slots[1]);
  const T* const b = warp.row<T>(operation.slots[2]);
  const LaneMask c = warp.registers().predicate(operation.slots[3]) ^ (operation.argument != 0 ? kAllLanes : 0);
  for (uint32_t lane = 0; lane < kLanes; lane++) {
    const T chosen = (c >> lane & 1) != 0 ? a[lane] : b[lane];
    d[lane] = (active >> lane & 1) != 0 ? chosen : d[lane];
  }
}

struct Select {
  template <class T>
  T operator()(T a, T b, int32_t c) const {
    return c >= 0 ? a : b;
  }
  template <class T>
  T operator()(T a, T b, float c) const {
    return c >= 0 ? a : b;
  }
};

struct SelectFlushed {
  template <class T>
  T operator()(T a, T b, float c) const {
    return flush_subnormal(c) >= 0 ? a : b;
  }
};

}  // namespace

void decode_selp(Decoding& decoding) {
  const ptx::Type type = decoding.take_type(kSelected);
  decoding.require_operands(4);
  auto& operation = decoding.operation;
  operation.slots[1] = decoding.source(1, type);
  operation.slots[2] = decoding.source(2, type);
  bool negated = false;
  operation.slots[3] = decoding.predicate(3, negated);
  operation.argument = negated ? 1 : 0;
  operation.slots[0] = decoding.destination(0, type);
  operation.run = with_width(decoding, type, []<class T>() { return &run_selp<T>; });
}

void decode_slct(Decoding& decoding) {
  const bool flush = decoding.take("ftz");
  const ptx::Type type = decoding.take_type(kSelected);
  const ptx::Type condition = flush ? decoding.take_type({"f32"}) : decoding.take_type({"s32", "f32"});
  const bool is_float = condition.type_class == ptx::TypeClass::floating;
  decoding.require_operands(4);
  auto& operation = decoding.operation;
  operation.slots[1] = decoding.source(1, type);
  operation.slots[2] = decoding.source(2, type);
  operation.slots[3] = decoding.source(3, condition);
  operation.slots[0] = decoding.destination(0, type);
  operation.run = with_width(decoding, type, [&]<class T>() -> machine::Handler {
    if (!is_float) return &lanewise<Select, T, T, T, int32_t>;
    return flush ? &lanewise<SelectFlushed, T, T, T, float> : &lanewise<Select, T, T, T, float>;
  });
}

}  // namespace decode_lab::instructions
