// Errors that end a request before or instead of a result; addon/ turns them into JavaScript errors with `code` and
// `line`.
#pragma once
#include <stdexcept>
#include <string>

namespace decode_lab {

// PTX_SYNTAX: not PTX · PTX_INVALID: PTX that contradicts itself · PTX_UNSUPPORTED: valid, but outside this machine ·
// LAUNCH_INVALID: the launch does not fit the entry · HOST_MEMORY: the limit on host bytes is exceeded.
struct Error : std::runtime_error {
  Error(std::string error_code, const std::string& message, int ptx_line)
      : std::runtime_error(message), code(std::move(error_code)), line(ptx_line) {}
  std::string code;
  int line;  // 1-based PTX line, 0 where none applies
};

[[noreturn]] inline void syntax_error(const std::string& message, int line) {
  throw Error("PTX_SYNTAX", message, line);
}
[[noreturn]] inline void invalid_ptx(const std::string& message, int line) {
  throw Error("PTX_INVALID", message, line);
}
[[noreturn]] inline void unsupported(const std::string& message, int line) {
  throw Error("PTX_UNSUPPORTED", message, line);
}
[[noreturn]] inline void invalid_launch(const std::string& message) { throw Error("LAUNCH_INVALID", message, 0); }

}  // namespace decode_lab
