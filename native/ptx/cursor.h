// A reading position in the tokens, shared by the parsers of modules, functions and operands.
#pragma once
#include <string>
#include <vector>

#include "error.h"
#include "ptx/lexer.h"

namespace decode_lab::ptx {

class Cursor {
 public:
  explicit Cursor(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& peek() const { return tokens_[at_]; }
  int line() const { return peek().line; }
  bool at_end() const { return peek().kind == Token::Kind::end; }
  size_t position() const { return at_; }
  void seek(size_t position) { at_ = position; }
  const Token& next() {
    const Token& token = tokens_[at_];
    if (!at_end()) at_++;
    return token;
  }

  bool accept(char mark) { return peek().is(mark) && (next(), true); }
  bool accept_word(std::string_view word) { return peek().is_word(word) && (next(), true); }
  void expect(char mark) {
    if (!accept(mark)) wrong(std::string("'") + mark + "'");
  }
  std::string word(const char* what) {
    if (peek().kind != Token::Kind::word) wrong(what);
    return std::string(next().text);
  }
  std::string string(const char* what) {
    if (peek().kind != Token::Kind::string) wrong(what);
    return std::string(next().text);
  }
  uint64_t integer(const char* what) {
    if (peek().kind != Token::Kind::integer) wrong(what);
    return next().bits;
  }

  // Skips a balanced { … }, the opening brace being the next token.
  void skip_braces() {
    const int start = line();
    expect('{');
    for (int depth = 1; depth > 0;) {
      if (at_end()) syntax_error("'{' without its '}'", start);
      const Token& token = next();
      if (token.is('{')) depth++;
      if (token.is('}')) depth--;
    }
  }

  [[noreturn]] void wrong(const std::string& wanted) const {
    syntax_error(
        "expected " + wanted + ", found " + (at_end() ? "the end of the file" : "'" + std::string(peek().text) + "'"),
        line());
  }

 private:
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace decode_lab::ptx
