#include "instructions/video/scalar_form.h"

namespace decode_lab::instructions {

namespace {
constexpr ptx::Type kWord{ptx::TypeClass::untyped, 32};

ptx::Operand whole(const ptx::Operand& operand) {
  ptx::Operand result = operand;
  result.selector.clear();
  result.minus = false;
  return result;
}
}  // namespace

uint32_t sub_word_of(Decoding& decoding, const ptx::Operand& operand) {
  constexpr std::string_view kNames[] = {"", "b0", "b1", "b2", "b3", "h0", "h1"};
  const auto name = std::find(std::begin(kNames), std::end(kNames), operand.selector);
  if (name == std::end(kNames)) decoding.invalid("has the unknown sub-word '" + operand.name + "'");
  return static_cast<uint32_t>(name - std::begin(kNames));
}

machine::Slot video_source(Decoding& decoding, const ptx::Operand& operand) {
  return decoding.source(whole(operand), kWord);
}

machine::Slot video_destination(Decoding& decoding, const ptx::Operand& operand) {
  return decoding.destination(whole(operand), kWord);
}

}  // namespace decode_lab::instructions
