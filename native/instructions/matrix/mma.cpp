// mma.sync.aligned.shape.alayout.blayout{.satfinite}.dtype.atype.btype.ctype{.rnd}{.bitop.popc} d, a, b, c   (PTX
// ISA 9.7.14.5.14), dense. Deviations: .sp, .kind, .block_scale and the types of sm_120a are refused.
#include <algorithm>

#include "instructions/decoders.h"
#include "instructions/matrix/form_words.h"
#include "instructions/matrix/whole_warp.h"

namespace decode_lab::instructions {

namespace {

struct Supported {
  Element element;  // and those of its width and kind
  MatrixShape shape;
  uint32_t target;  // the first that has it
};

constexpr Supported kSupported[] = {
    {Element::f16, {8, 8, 4}, 70},   {Element::f16, {16, 8, 8}, 75},   {Element::f16, {16, 8, 16}, 80},
    {Element::bf16, {16, 8, 8}, 80}, {Element::bf16, {16, 8, 16}, 80}, {Element::tf32, {16, 8, 4}, 80},
    {Element::tf32, {16, 8, 8}, 80}, {Element::e4m3, {16, 8, 16}, 89}, {Element::e4m3, {16, 8, 32}, 89},
    {Element::f64, {8, 8, 4}, 80},   {Element::f64, {16, 8, 4}, 90},   {Element::f64, {16, 8, 8}, 90},
    {Element::f64, {16, 8, 16}, 90}, {Element::s8, {8, 8, 16}, 75},    {Element::s8, {16, 8, 16}, 80},
    {Element::s8, {16, 8, 32}, 80},  {Element::s4, {8, 8, 32}, 75},    {Element::s4, {16, 8, 32}, 80},
    {Element::s4, {16, 8, 64}, 80},  {Element::b1, {8, 8, 128}, 75},   {Element::b1, {16, 8, 128}, 80},
    {Element::b1, {16, 8, 256}, 80},
};

Element representative(Element element) {
  if (element == Element::e5m2) return Element::e4m3;
  if (element == Element::u8) return Element::s8;
  return element == Element::u4 ? Element::s4 : element;
}

void require_supported(const Decoding& decoding, Element a, Element b, MatrixShape shape) {
  if (representative(a) != representative(b)) decoding.invalid("mixes types of A and B that do not go together");
  for (const Supported& row : kSupported)
    if (row.element == representative(a) && row.shape == shape) return require_target(decoding, row.target);
  decoding.invalid("has a shape that its types do not have");
}

void take_bit_operation(Decoding& decoding, MatrixForm& form) {
  const std::string operation = decoding.take_one_of({"xor", "and"});
  if (operation.empty() || !decoding.take("popc")) decoding.invalid("needs .xor.popc or .and.popc");
  form.conjunction = operation == "and" ? 1 : 0;
  if (operation == "and") require_target(decoding, 80);
}

}  // namespace

void decode_mma(Decoding& decoding) {
  for (const std::string sparse : {"sp", "sp::ordered_metadata"})
    if (decoding.take(sparse)) decoding.refuse("with ." + sparse + " (a sparse matrix A)");
  const MatrixShape shape = take_matrix_shape(decoding);
  const auto layouts = take_layouts(decoding);
  if (layouts.size() != 2) decoding.invalid("needs the layouts of A and B");
  const auto types = take_element_types(decoding);
  if (types.size() != 4) decoding.invalid("needs the types of D, A, B and C");
  const auto a = parse_element(types[1]), b = parse_element(types[2]);
  if (!a || !b) decoding.invalid("has A or B of a type that is only D's and C's");
  require_supported(decoding, *a, *b, shape);
  require_accumulators(decoding, *a, types[0], types[3]);

  MatrixForm form{};
  form.arithmetic = arithmetic_of_target(decoding.target());
  form.a = *a, form.b = *b;
  form.eighth_m = shape.m / 8, form.eighth_n = shape.n / 8, form.quarter_k = shape.k / 4;
  form.half_c = types[3] == "f16" ? 1 : 0, form.half_d = types[0] == "f16" ? 1 : 0;
  form.a_column = layouts[0] == "col" ? 1 : 0, form.b_row = layouts[1] == "row" ? 1 : 0;
  if (!form.is_quad() && (form.a_column != 0 || form.b_row != 0)) decoding.invalid("needs .row.col");
  if (form.half_c != form.half_d && !(form.is_quad() && form.half_d == 0))
    decoding.invalid("has D and C of types that do not go together");
  if (*a == Element::f64) form.rounding = take_f64_rounding(decoding);
  if (*a == Element::b1) take_bit_operation(decoding, form);
  if (is_integer(*a) && *a != Element::b1) form.satfinite = decoding.take("satfinite") ? 1 : 0;
  bind_whole_warp(decoding, matrix_handler(form));
  bind_factors_and_sums(decoding, form, form.a_registers(), form.b_registers());
}

}  // namespace decode_lab::instructions
