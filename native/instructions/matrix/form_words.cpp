#include "instructions/matrix/form_words.h"

#include <algorithm>
#include <charconv>

#include "instructions/floating_point/number_format.h"
#include "instructions/matrix/handlers.h"

namespace decode_lab::instructions {

namespace {

// The modifiers that `is_one` accepts, in the order written.
template <class Accept>
std::vector<std::string> take_in_order(Decoding& decoding, Accept&& is_one) {
  std::vector<std::string> taken;
  for (const std::string& modifier : decoding.instruction().modifiers)
    if (is_one(modifier) && decoding.take(modifier)) taken.push_back(modifier);
  return taken;
}

std::optional<MatrixShape> parse_shape(std::string_view word) {
  MatrixShape shape{};
  const char *at = word.data(), *const end = at + word.size();
  for (const auto& [letter, size] : {std::pair{'m', &shape.m}, {'n', &shape.n}, {'k', &shape.k}}) {
    if (at == end || *at != letter) return std::nullopt;
    const auto [next, error] = std::from_chars(at + 1, end, *size);
    if (error != std::errc{}) return std::nullopt;
    at = next;
  }
  return at == end ? std::optional{shape} : std::nullopt;
}

constexpr std::string_view kElements[] = {"f16", "bf16", "tf32", "e4m3", "e5m2", "f64", "s8", "u8", "s4", "u4", "b1"};

}  // namespace

MatrixShape take_matrix_shape(Decoding& decoding) {
  const auto shapes = take_in_order(decoding, [](const std::string& word) { return parse_shape(word).has_value(); });
  if (shapes.size() != 1) decoding.invalid("needs one shape such as .m16n8k16");
  return *parse_shape(shapes.front());
}

std::vector<std::string> take_layouts(Decoding& decoding) {
  return take_in_order(decoding, [](const std::string& word) { return word == "row" || word == "col"; });
}

std::optional<Element> parse_element(std::string_view word) {
  const auto found = std::find(std::begin(kElements), std::end(kElements), word);
  if (found == std::end(kElements)) return std::nullopt;
  return static_cast<Element>(found - std::begin(kElements));
}

std::vector<std::string> take_element_types(Decoding& decoding) {
  for (const std::string narrow : {"e3m2", "e2m3", "e2m1"})
    if (decoding.take(narrow)) decoding.refuse("of type ." + narrow + ", which needs sm_120a,");
  return take_in_order(decoding, [](const std::string& word) {
    return word == "f32" || word == "s32" || parse_element(word).has_value();
  });
}

uint32_t take_f64_rounding(Decoding& decoding) {
  const std::string rounding = decoding.take_one_of({"rn", "rz", "rm", "rp"});
  const Rounding value = rounding == "rz"   ? Rounding::toward_zero
                         : rounding == "rm" ? Rounding::down
                         : rounding == "rp" ? Rounding::up
                                            : Rounding::nearest_even;
  return static_cast<uint32_t>(value);
}

void require_target(const Decoding& decoding, uint32_t target) {
  if (decoding.target() < target)
    decoding.invalid("needs sm_" + std::to_string(target) + ", the module is for sm_" +
                     std::to_string(decoding.target()));
}

void require_accumulators(const Decoding& decoding, Element factors, const std::string& d, const std::string& c) {
  auto allowed = [&](const std::string& type) {
    if (is_integer(factors)) return type == "s32";
    if (factors == Element::f64) return type == "f64";
    return type == "f32" || (type == "f16" && (factors == Element::f16 || is_fp8(factors)));
  };
  for (const std::string& type : {d, c})
    if (!allowed(type))
      decoding.invalid("can not accumulate ." + std::string(kElements[static_cast<size_t>(factors)]) + " in ." + type);
}

void bind_fragment(Decoding& decoding, size_t index, FragmentUse use, ptx::Type type, uint32_t written, uint32_t kept) {
  const ptx::Operand& operand = decoding.operand(index);
  if (operand.kind != ptx::Operand::Kind::vector || operand.elements.size() != written)
    decoding.invalid("needs " + std::to_string(written) + " registers in braces as operand " +
                     std::to_string(index + 1));
  for (uint32_t i = 0; i < written; i++) {
    const machine::Slot slot = use == FragmentUse::source ? decoding.source(operand.elements[i], type)
                                                          : decoding.destination(operand.elements[i], type);
    if (i < kept) decoding.operation.registers.push_back(slot);
  }
}

void bind_factors_and_sums(Decoding& decoding, const MatrixForm& form, uint32_t a_written, uint32_t b_written) {
  decoding.require_operands(4);
  const bool is_double = form.a == Element::f64;
  const ptx::Type factor{is_double ? ptx::TypeClass::floating : ptx::TypeClass::untyped, is_double ? 64u : 32u};
  const bool floating_c = !is_integer(form.a) && form.half_c == 0;
  const ptx::Type sum{floating_c ? ptx::TypeClass::floating : ptx::TypeClass::untyped, factor.bits};
  bind_fragment(decoding, 0, FragmentUse::destination, sum, form.d_registers(), form.d_registers());
  bind_fragment(decoding, 1, FragmentUse::source, factor, a_written, form.a_registers());
  bind_fragment(decoding, 2, FragmentUse::source, factor, b_written, form.b_registers());
  bind_fragment(decoding, 3, FragmentUse::source, sum, form.c_registers(), form.c_registers());
  decoding.operation.argument = std::bit_cast<uint32_t>(form);
}

machine::Handler matrix_handler(const MatrixForm& form) {
  if (form.a == Element::f64) return &run_double_mma;
  if (form.a == Element::b1) return &run_bit_mma;
  if (is_integer(form.a)) return &run_integer_mma;
  return form.is_quad() ? &run_quad_mma : &run_floating_mma;
}

}  // namespace decode_lab::instructions
