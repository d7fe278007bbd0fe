// A launch as one text, so that a fuzzer can keep it in a file: a header line, then PTX.
//   // launch grid 2 1 1 block 32 1 1 shared 0 seed 7 params r4096 z64 u256 s01000000 n
// Parameters: a buffer of N bytes that hold numbers of a fixed sequence (rN), zeros (zN) or nothing yet (uN); a scalar
// as little-endian hexadecimal bytes (s…); a null pointer (n).
#pragma once
#include <deque>
#include <optional>
#include <string_view>

#include "launch.h"

namespace decode_lab::fuzz {

inline constexpr std::string_view kHeader = "// launch ";
inline constexpr uint64_t kMostParameterBytes = 1 << 16;
inline constexpr Limits kLimits{2000, 0.5, 64 << 20};

struct ParameterText {
  char kind;  // r z u s n
  uint64_t size = 0;
  std::vector<std::byte> value;  // s
};

struct LaunchText {
  Dim3 grid{1, 1, 1};
  Dim3 block{32, 1, 1};
  uint64_t shared_bytes = 0;
  uint64_t seed = 0;
  std::vector<ParameterText> parameters;
  std::string ptx;
};

std::optional<LaunchText> parse_launch_text(std::string_view text);  // nothing where the header is not as above
std::string print_launch_text(const LaunchText& launch);

// A launch with the bytes of its parameters, always the same for the same text; its entry is the first of the PTX.
struct OwnedLaunch {
  explicit OwnedLaunch(const LaunchText& text);
  OwnedLaunch(const OwnedLaunch&) = delete;
  std::deque<std::vector<std::byte>> bytes;  // one per parameter
  Launch launch;
};

}  // namespace decode_lab::fuzz
