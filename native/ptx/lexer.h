// PTX text → tokens (PTX ISA 4.1–4.5).
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace decode_lab::ptx {

struct Token {
  enum class Kind : uint8_t {
    word,     // identifier, directive or opcode with its dotted modifiers: %r1, .reg, st.shared::cta.b32
    integer,  // `bits` holds its 64-bit value
    f32,      // 0f3F800000: `bits` holds the IEEE single
    f64,      // 0d… or a decimal fraction: `bits` holds the IEEE double
    string,
    mark,              // one punctuation character
    inline_asm_begin,  // the compilers' comments around inline assembly
    inline_asm_end,
    end
  };
  Kind kind;
  std::string_view text;
  uint64_t bits;
  int line;
  bool is(char punctuation) const { return kind == Kind::mark && text[0] == punctuation; }
  bool is_word(std::string_view word) const { return kind == Kind::word && text == word; }
};

// The tokens point into `text`; the last one is `end`. Throws PTX_SYNTAX.
std::vector<Token> tokenize(std::string_view text);

}  // namespace decode_lab::ptx
