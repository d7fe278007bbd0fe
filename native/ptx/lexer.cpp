#include "ptx/lexer.h"

#include <bit>
#include <cctype>
#include <charconv>
#include <string>

#include "error.h"

namespace decode_lab::ptx {

namespace {

bool starts_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' || c == '.';
}
bool continues_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '.'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    for (;;) {
      skip_blanks(tokens);
      if (at_ == text_.size()) break;
      tokens.push_back(next());
    }
    tokens.push_back({Token::Kind::end, {}, 0, line_});
    return tokens;
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void skip_blanks(std::vector<Token>& tokens) {
    while (at_ < text_.size()) {
      if (peek() == '\n') {
        line_++, at_++;
      } else if (std::isspace(static_cast<unsigned char>(peek()))) {
        at_++;
      } else if (peek() == '/' && peek(1) == '/') {
        line_comment(tokens);
      } else if (peek() == '/' && peek(1) == '*') {
        skip_block_comment();
      } else {
        return;
      }
    }
  }

  void line_comment(std::vector<Token>& tokens) {
    const size_t start = at_;
    while (at_ < text_.size() && peek() != '\n') at_++;
    const std::string_view comment = text_.substr(start, at_ - start);
    if (comment.starts_with("// begin inline asm"))
      tokens.push_back({Token::Kind::inline_asm_begin, comment, 0, line_});
    if (comment.starts_with("// end inline asm")) tokens.push_back({Token::Kind::inline_asm_end, comment, 0, line_});
  }

  void skip_block_comment() {
    const int start = line_;
    for (at_ += 2; !(peek() == '*' && peek(1) == '/'); at_++) {
      if (at_ >= text_.size()) syntax_error("comment without an end", start);
      if (peek() == '\n') line_++;
    }
    at_ += 2;
  }

  Token next() {
    const char c = peek();
    if (c == '"') return string();
    if (std::isdigit(static_cast<unsigned char>(c))) return number();
    if (starts_word(c)) return word();
    if (std::string_view(",;:()[]{}<>@!|+-=*&~^?/").find(c) == std::string_view::npos)
      syntax_error("unexpected character (byte " + std::to_string(static_cast<unsigned char>(c)) + ")", line_);
    return {Token::Kind::mark, text_.substr(at_++, 1), 0, line_};
  }

  Token string() {
    const size_t start = ++at_;
    while (peek() != '"') {
      if (at_ >= text_.size() || peek() == '\n') syntax_error("string without an end", line_);
      at_++;
    }
    return {Token::Kind::string, text_.substr(start, at_++ - start), 0, line_};
  }

  // "::" joins a sub-qualifier to its word (st.shared::cta.b32); a single ':' ends a label.
  Token word() {
    const size_t start = at_++;
    const bool is_directive = text_[start] == '.';  // ".reg.b32" is two words
    for (;;) {
      if (continues_word(peek()) && !(is_directive && peek() == '.'))
        at_++;
      else if (peek() == ':' && peek(1) == ':' && continues_word(peek(2)))
        at_ += 2;
      else
        break;
    }
    return {Token::Kind::word, text_.substr(start, at_ - start), 0, line_};
  }

  Token number() {
    const size_t start = at_;
    while (std::isalnum(static_cast<unsigned char>(peek())) ||
           (peek() == '.' && std::isdigit(static_cast<unsigned char>(peek(1)))) ||
           ((peek() == '+' || peek() == '-') && is_exponent_sign(start)))
      at_++;
    const std::string_view digits = text_.substr(start, at_ - start);
    if (digits.size() > 2 && digits[0] == '0') {
      const char base = static_cast<char>(std::tolower(digits[1]));
      if (base == 'f') return {Token::Kind::f32, digits, parse_float_bits(digits, 8), line_};
      if (base == 'd') return {Token::Kind::f64, digits, parse_float_bits(digits, 16), line_};
      if (base == 'x') return {Token::Kind::integer, digits, parse(strip_u(digits.substr(2)), 16, digits), line_};
      if (base == 'b') return {Token::Kind::integer, digits, parse(strip_u(digits.substr(2)), 2, digits), line_};
    }
    if (digits.find_first_of(".eE") != std::string_view::npos) return decimal_fraction(digits);
    const bool octal = digits.size() > 1 && digits[0] == '0';
    return {Token::Kind::integer, digits, parse(strip_u(digits), octal ? 8 : 10, digits), line_};
  }

  bool is_exponent_sign(size_t start) const {
    const char before = text_[at_ - 1];
    const bool hexadecimal =
        text_[start] == '0' && start + 1 < at_ && std::isalpha(static_cast<unsigned char>(text_[start + 1]));
    return at_ > start && !hexadecimal && (before == 'e' || before == 'E');
  }

  static std::string_view strip_u(std::string_view digits) {
    if (!digits.empty() && (digits.back() == 'U' || digits.back() == 'u')) digits.remove_suffix(1);
    return digits;
  }

  uint64_t parse(std::string_view digits, int base, std::string_view whole) const {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc() || end != digits.data() + digits.size())
      syntax_error("'" + std::string(whole) + "' is not a number", line_);
    return value;
  }

  // 0f and eight hexadecimal digits, 0d and sixteen (PTX ISA 4.5.2).
  uint64_t parse_float_bits(std::string_view digits, size_t count) const {
    if (digits.size() != 2 + count)
      syntax_error("'" + std::string(digits) + "' needs " + std::to_string(count) + " hexadecimal digits", line_);
    return parse(digits.substr(2), 16, digits);
  }

  Token decimal_fraction(std::string_view digits) const {
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size())
      syntax_error("'" + std::string(digits) + "' is not a number", line_);
    return {Token::Kind::f64, digits, std::bit_cast<uint64_t>(value), line_};
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<Token> tokenize(std::string_view text) { return Lexer(text).run(); }

}  // namespace decode_lab::ptx
