// prmt.b32{.mode} d, a, b, c   (PTX ISA 9.7.9.7). Deviations: none.
#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"

namespace decode_lab::instructions {

namespace {

enum class Mode : uint32_t { selected, f4e, b4e, rc8, ecl, ecr, rc16 };

// Source byte of result byte i; bit 3 asks for the byte's sign, in the default mode alone.
uint32_t selector(Mode mode, uint32_t i, uint32_t c) {
  const uint32_t first = c & 3;
  switch (mode) {
    case Mode::selected:
      return c >> (4 * i) & 15;
    case Mode::f4e:
      return first + i;
    case Mode::b4e:
      return (first - i) & 7;
    case Mode::rc8:
      return first;
    case Mode::ecl:
      return i < first ? first : i;
    case Mode::ecr:
      return i < first ? i : first;
    case Mode::rc16:
      return (first & 1) * 2 + (i & 1);
  }
  return 0;
}

template <Mode kMode>
struct Permute {
  uint32_t operator()(uint32_t a, uint32_t b, uint32_t c) const {
    const uint64_t bytes = uint64_t{b} << 32 | a;
    uint32_t result = 0;
    for (uint32_t i = 0; i < 4; i++) {
      const uint32_t select = selector(kMode, i, c);
      const auto byte = static_cast<uint32_t>(bytes >> (8 * (select & 7)) & 0xFF);
      result |= ((select & 8) == 0 ? byte : (byte & 0x80) != 0 ? 0xFFu : 0u) << (8 * i);
    }
    return result;
  }
};

template <Mode... kModes>
machine::Handler handler_of(uint32_t mode) {
  constexpr machine::Handler kHandlers[] = {&lanewise<Permute<kModes>, uint32_t, uint32_t, uint32_t, uint32_t>...};
  return kHandlers[mode];
}

}  // namespace

void decode_prmt(Decoding& decoding) {
  constexpr std::string_view kModes[] = {"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"};
  uint32_t mode = 0;
  for (uint32_t i = 0; i < std::size(kModes) && mode == 0; i++)
    if (decoding.take(kModes[i])) mode = i + 1;
  const ptx::Type type = decoding.take_type({"b32"});
  bind_same_type(decoding, type, 3);
  decoding.operation.run =
      handler_of<Mode::selected, Mode::f4e, Mode::b4e, Mode::rc8, Mode::ecl, Mode::ecr, Mode::rc16>(mode);
}

}  // namespace decode_lab::instructions
