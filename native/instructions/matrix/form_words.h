// What the decoders of mma and wmma have in common: words of the mnemonic and fragments in braces.
#pragma once
#include "instructions/decoding.h"
#include "instructions/matrix/matrix_form.h"

namespace decode_lab::instructions {

struct MatrixShape {
  uint32_t m, n, k;
  bool operator==(const MatrixShape&) const = default;
};

MatrixShape take_matrix_shape(Decoding& decoding);                // .m16n8k16
std::vector<std::string> take_layouts(Decoding& decoding);        // row and col, in the order written
std::vector<std::string> take_element_types(Decoding& decoding);  // "f32", "tf32", "e4m3", …, in the order written
std::optional<Element> parse_element(std::string_view word);      // of A or B
uint32_t take_f64_rounding(Decoding& decoding);                   // Rounding; .rn if none is written
void require_target(const Decoding& decoding, uint32_t target);
void require_accumulators(const Decoding& decoding, Element factors, const std::string& d, const std::string& c);

// Appends the registers of operand `index` to operation.registers. Of the `written` registers that the fragment must
// name, the first `kept` are used; the others are copies of them.
enum class FragmentUse : uint8_t { source, destination };
void bind_fragment(Decoding& decoding, size_t index, FragmentUse use, ptx::Type type, uint32_t written, uint32_t kept);
void bind_factors_and_sums(Decoding& decoding, const MatrixForm& form, uint32_t a_written, uint32_t b_written);

machine::Handler matrix_handler(const MatrixForm& form);

}  // namespace decode_lab::instructions
