#include "fuzz/launch_text.h"

#include <charconv>

namespace decode_lab::fuzz {

namespace {

std::string_view next_word(std::string_view& line) {
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

template <class T>
bool parse_number(std::string_view word, T& value, int base = 10) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  return error == std::errc() && end == word.data() + word.size() && !word.empty();
}

bool parse_dims(std::string_view& line, std::string_view name, Dim3& dims) {
  return next_word(line) == name && parse_number(next_word(line), dims[0]) && parse_number(next_word(line), dims[1]) &&
         parse_number(next_word(line), dims[2]);
}

std::optional<ParameterText> parse_parameter(std::string_view word) {
  ParameterText parameter{word.front(), 0, {}};
  word.remove_prefix(1);
  switch (parameter.kind) {
    case 'n':
      return word.empty() ? std::optional(parameter) : std::nullopt;
    case 's':
      for (; !word.empty(); word.remove_prefix(2)) {
        uint8_t byte = 0;
        if (word.size() < 2 || !parse_number(word.substr(0, 2), byte, 16)) return std::nullopt;
        parameter.value.push_back(std::byte{byte});
      }
      return parameter;
    case 'r':
    case 'z':
    case 'u':
      if (!parse_number(word, parameter.size) || parameter.size > kMostParameterBytes) return std::nullopt;
      return parameter;
    default:
      return std::nullopt;
  }
}

std::string first_entry(const std::string& ptx) {
  size_t at = ptx.find(".entry");
  if (at == std::string::npos) return "";
  at = ptx.find_first_not_of(" \t\r\n", at + 6);
  if (at == std::string::npos) return "";
  return ptx.substr(at, ptx.find_first_of(" \t\r\n({", at) - at);
}

// Numerical Recipes' generator, its top byte: cheap, and easy to write again in another language.
void fill(std::vector<std::byte>& bytes) {
  uint32_t state = 1;
  for (std::byte& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::byte>(state >> 24);
  }
}

void print_dims(std::string& line, const char* name, const Dim3& dims) {
  line += name;
  for (const uint32_t extent : dims) line += " " + std::to_string(extent);
}

}  // namespace

std::optional<LaunchText> parse_launch_text(std::string_view text) {
  if (!text.starts_with(kHeader)) return std::nullopt;
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(kHeader.size(), end - kHeader.size());
  LaunchText launch;
  launch.ptx = text.substr(end + 1);
  if (!parse_dims(line, "grid", launch.grid) || !parse_dims(line, "block", launch.block)) return std::nullopt;
  if (next_word(line) != "shared" || !parse_number(next_word(line), launch.shared_bytes)) return std::nullopt;
  if (next_word(line) != "seed" || !parse_number(next_word(line), launch.seed)) return std::nullopt;
  if (next_word(line) != "params") return std::nullopt;
  for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
    auto parameter = parse_parameter(word);
    if (!parameter) return std::nullopt;
    launch.parameters.push_back(std::move(*parameter));
  }
  return launch;
}

std::string print_launch_text(const LaunchText& launch) {
  std::string line(kHeader);
  print_dims(line, "grid", launch.grid);
  print_dims(line, " block", launch.block);
  line += " shared " + std::to_string(launch.shared_bytes) + " seed " + std::to_string(launch.seed) + " params";
  for (const ParameterText& parameter : launch.parameters) {
    line += std::string(" ") + parameter.kind;
    if (parameter.kind == 's')
      for (const std::byte byte : parameter.value)
        for (const int shift : {4, 0}) line += "0123456789abcdef"[std::to_integer<int>(byte) >> shift & 15];
    else if (parameter.kind != 'n')
      line += std::to_string(parameter.size);
  }
  return line + "\n" + launch.ptx;
}

OwnedLaunch::OwnedLaunch(const LaunchText& text) {
  launch.ptx = text.ptx;
  launch.entry = first_entry(text.ptx);
  launch.grid = text.grid;
  launch.block = text.block;
  launch.shared_bytes = text.shared_bytes;
  launch.limits = kLimits;
  launch.cooperative = false;
  launch.seed = text.seed;
  launch.threads = 1;
  launch.observers = {true, true, true, true};
  for (const ParameterText& parameter : text.parameters) {
    auto& own = bytes.emplace_back(parameter.value);
    if (parameter.kind != 's') own.resize(parameter.size);
    if (parameter.kind == 'r') fill(own);
    const auto kind = parameter.kind == 'n'   ? Parameter::Kind::null
                      : parameter.kind == 's' ? Parameter::Kind::scalar
                                              : Parameter::Kind::buffer;
    launch.parameters.push_back(
        {kind, "p" + std::to_string(launch.parameters.size()), own.data(), own.size(), parameter.kind != 'u'});
  }
}

}  // namespace decode_lab::fuzz
