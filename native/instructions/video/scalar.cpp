// vop.dtype.atype.btype{.sat}{.op2} d{.dsel}, a{.asel}, b{.bsel}{, c} with vop = vadd, vsub, vabsdiff, vmin, vmax;
// vshl, vshr.dtype.atype.u32{.sat}.{clamp,wrap}…; vset.atype.btype.cmp{.op2}…   (PTX ISA 9.7.18.1.1, .2, .4).
// Deviations: none.
#include <functional>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/video/scalar_form.h"

namespace decode_lab::instructions {

namespace {

struct Add {
  int64_t operator()(int64_t a, int64_t b, bool) const { return a + b; }
};
struct Sub {
  int64_t operator()(int64_t a, int64_t b, bool) const { return a - b; }
};
struct AbsDiff {
  int64_t operator()(int64_t a, int64_t b, bool) const { return a < b ? b - a : a - b; }
};
struct Min {
  int64_t operator()(int64_t a, int64_t b, bool) const { return a < b ? a : b; }
};
struct Max {
  int64_t operator()(int64_t a, int64_t b, bool) const { return a > b ? a : b; }
};
int64_t shift_count(int64_t b, bool wrap) { return wrap ? b & 31 : std::min<int64_t>(b, 32); }
struct ShiftLeft {
  int64_t operator()(int64_t a, int64_t b, bool wrap) const {
    return static_cast<int64_t>(static_cast<uint64_t>(a) << shift_count(b, wrap));
  }
};
struct ShiftRight {
  int64_t operator()(int64_t a, int64_t b, bool wrap) const { return a >> shift_count(b, wrap); }
};
template <class Compare>
struct Set {
  int64_t operator()(int64_t a, int64_t b, bool) const { return Compare{}(a, b) ? 1 : 0; }
};

template <class Primary>
struct Scalar {
  uint32_t operator()(uint32_t a, uint32_t b, uint32_t c, uint32_t argument) const {
    const ScalarVideo form = ScalarVideo::unpack(argument);
    const int64_t primary =
        Primary{}(sub_word(a, form.a, form.a_signed), sub_word(b, form.b, form.b_signed), form.wrap);
    return finish_scalar_video(primary, c, form);
  }
};

template <class Primary>
constexpr machine::Handler kHandler = &lanewise_with_argument<Scalar<Primary>, uint32_t, uint32_t, uint32_t, uint32_t>;

bool take_sign(Decoding& decoding) { return decoding.take_type({"u32", "s32"}).is_signed(); }

// Takes .op2 and binds d, a, b and c; what else the form says must be in it.
void bind(Decoding& decoding, ScalarVideo form, machine::Handler handler) {
  const std::string second = decoding.take_one_of({"add", "min", "max"});
  form.second = second == "add"   ? ScalarVideo::Second::add
                : second == "min" ? ScalarVideo::Second::min
                : second == "max" ? ScalarVideo::Second::max
                                  : ScalarVideo::Second::none;
  const bool merges = !decoding.operand(0).selector.empty();
  if (merges && !second.empty()) decoding.invalid("has both a secondary operation and a sub-word destination");
  decoding.require_operands(merges || !second.empty() ? 4 : 3, 4);
  form.d = sub_word_of(decoding, decoding.operand(0));
  form.a = sub_word_of(decoding, decoding.operand(1));
  form.b = sub_word_of(decoding, decoding.operand(2));
  auto& operation = decoding.operation;
  operation.slots[1] = video_source(decoding, decoding.operand(1));
  operation.slots[2] = video_source(decoding, decoding.operand(2));
  const bool has_third = decoding.instruction().operands.size() == 4;
  operation.slots[3] = has_third ? decoding.source(3, {ptx::TypeClass::untyped, 32}) : operation.slots[1];
  operation.slots[0] = video_destination(decoding, decoding.operand(0));
  operation.argument = form.pack();
  operation.run = handler;
}

template <class Primary>
void decode_scalar_video(Decoding& decoding) {
  ScalarVideo form{};
  form.d_signed = take_sign(decoding);
  form.a_signed = take_sign(decoding);
  form.b_signed = take_sign(decoding);
  form.saturate = decoding.take("sat");
  bind(decoding, form, kHandler<Primary>);
}

template <class Primary>
void decode_shift(Decoding& decoding) {
  ScalarVideo form{};
  form.d_signed = take_sign(decoding);
  form.a_signed = take_sign(decoding);
  decoding.take_type({"u32"});
  form.saturate = decoding.take("sat");
  const std::string mode = decoding.take_one_of({"clamp", "wrap"});
  if (mode.empty()) decoding.invalid("needs .clamp or .wrap");
  form.wrap = mode == "wrap";
  bind(decoding, form, kHandler<Primary>);
}

}  // namespace

void decode_vadd(Decoding& decoding) { decode_scalar_video<Add>(decoding); }
void decode_vsub(Decoding& decoding) { decode_scalar_video<Sub>(decoding); }
void decode_vabsdiff(Decoding& decoding) { decode_scalar_video<AbsDiff>(decoding); }
void decode_vmin(Decoding& decoding) { decode_scalar_video<Min>(decoding); }
void decode_vmax(Decoding& decoding) { decode_scalar_video<Max>(decoding); }
void decode_vshl(Decoding& decoding) { decode_shift<ShiftLeft>(decoding); }
void decode_vshr(Decoding& decoding) { decode_shift<ShiftRight>(decoding); }

void decode_vset(Decoding& decoding) {
  ScalarVideo form{};
  form.a_signed = take_sign(decoding);
  form.b_signed = take_sign(decoding);
  const std::string compare = decoding.take_one_of({"eq", "ne", "lt", "le", "gt", "ge"});
  if (compare.empty()) decoding.invalid("needs a comparison operator");
  bind(decoding, form,
       compare == "eq"   ? kHandler<Set<std::equal_to<>>>
       : compare == "ne" ? kHandler<Set<std::not_equal_to<>>>
       : compare == "lt" ? kHandler<Set<std::less<>>>
       : compare == "le" ? kHandler<Set<std::less_equal<>>>
       : compare == "gt" ? kHandler<Set<std::greater<>>>
                         : kHandler<Set<std::greater_equal<>>>);
}

}  // namespace decode_lab::instructions
