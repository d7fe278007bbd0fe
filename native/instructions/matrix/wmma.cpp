// wmma.mma.sync.aligned.alayout.blayout.shape{.rnd}.dtype{.atype.btype}.ctype{.satfinite} d, a, b, c;
// wmma.mma.{xor,and}.popc.sync.aligned.row.col.shape.s32.b1.b1.s32 d, a, b, c   (PTX ISA 9.7.14.4.5). The ISA leaves
// the fragments' layout open; here it is mma's (factors.h), as ptxas makes it on sm_75 and later, and the further
// registers of an .f16 fragment are copies.
#include "instructions/matrix/wmma.h"

#include "instructions/decoders.h"
#include "instructions/matrix/whole_warp.h"

namespace decode_lab::instructions {

namespace {

constexpr MatrixShape kLarge[] = {{16, 16, 16}, {32, 8, 16}, {8, 32, 16}};

bool is_large(MatrixShape shape) { return shape == kLarge[0] || shape == kLarge[1] || shape == kLarge[2]; }

struct FactorTypes {
  Element a, b;
};

FactorTypes factors_of(const Decoding& decoding, const std::vector<std::string>& types) {
  if (types.size() == 2) return {Element::f16, Element::f16};
  if (types.size() != 4) decoding.invalid("needs the types of D and C, or of D, A, B and C");
  const auto a = parse_element(types[1]), b = parse_element(types[2]);
  if (!a || !b || *a == Element::f16) decoding.invalid("has A or B of a type that wmma.mma does not name");
  if (*a != *b) decoding.invalid("needs one type of A and B");
  return {*a, *b};
}

void decode_wmma_mma(Decoding& decoding) {
  const MatrixShape shape = take_matrix_shape(decoding);
  const auto layouts = take_layouts(decoding);
  if (layouts.size() != 2) decoding.invalid("needs the layouts of A and B");
  const auto types = take_element_types(decoding);
  const FactorTypes factors = factors_of(decoding, types);
  require_wmma_shape(decoding, factors.a, shape);
  require_accumulators(decoding, factors.a, types.front(), types.back());
  const bool narrow = bits_of(factors.a) < 8;
  if (narrow && (layouts[0] != "row" || layouts[1] != "col")) decoding.invalid("needs .row.col");
  MatrixForm form{};
  form.arithmetic = arithmetic_of_target(decoding.target());
  form.a = factors.a, form.b = factors.b;
  form.eighth_m = shape.m / 8, form.eighth_n = shape.n / 8, form.quarter_k = shape.k / 4;
  form.half_c = types.back() == "f16" ? 1 : 0, form.half_d = types.front() == "f16" ? 1 : 0;
  if (form.a == Element::f64) form.rounding = take_f64_rounding(decoding);
  if (form.a == Element::b1) {
    const std::string operation = decoding.take_one_of({"xor", "and"});
    if (operation.empty() || !decoding.take("popc")) decoding.invalid("needs .xor.popc or .and.popc");
    form.conjunction = operation == "and" ? 1 : 0;
    if (operation == "and") require_target(decoding, 80);
  } else if (is_integer(form.a)) {
    form.satfinite = decoding.take("satfinite") ? 1 : 0;
  }
  bind_whole_warp(decoding, matrix_handler(form));
  bind_factors_and_sums(decoding, form, wmma_written(form.a, form.a_registers()),
                        wmma_written(form.b, form.b_registers()));
}

}  // namespace

void require_wmma_shape(const Decoding& decoding, Element factors, MatrixShape shape) {
  auto require = [&](bool has_shape, uint32_t target) {
    if (!has_shape) decoding.invalid("has a shape that its types do not have");
    require_target(decoding, target);
  };
  switch (factors) {
    case Element::f16:
      return require(is_large(shape), 70);
    case Element::bf16:
      return require(is_large(shape), 80);
    case Element::s8:
    case Element::u8:
      return require(is_large(shape), 72);
    case Element::tf32:
      return require(shape == MatrixShape{16, 16, 8}, 80);
    case Element::f64:
      return require(shape == MatrixShape{8, 8, 4}, 80);
    case Element::s4:
    case Element::u4:
      return require(shape == MatrixShape{8, 8, 32}, 75);
    case Element::b1:
      return require(shape == MatrixShape{8, 8, 128}, 75);
    default:
      decoding.invalid("has A or B of a type that wmma does not have");
  }
}

uint32_t wmma_written(Element factors, uint32_t kept) { return factors == Element::f16 ? 8 : kept; }

void decode_wmma(Decoding& decoding) {
  const std::string what = decoding.take_one_of({"load", "store", "mma"});
  if (what == "load") return decode_wmma_load(decoding);
  if (what == "store") return decode_wmma_store(decoding);
  if (what == "mma") return decode_wmma_mma(decoding);
  decoding.invalid("needs .load, .store or .mma");
}

}  // namespace decode_lab::instructions
