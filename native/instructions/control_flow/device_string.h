// Text in device memory, as the host's part of printf and assert reads it: unseen by the checks.
#pragma once
#include <optional>
#include <string>

#include "machine/memory.h"

namespace decode_lab::instructions {

inline constexpr size_t kLongestText = 4096;  // bytes; what is longer is cut

// The bytes up to the terminating zero; nothing if they leave their memory first.
inline std::optional<std::string> host_string(machine::Warp& warp, uint64_t address, uint32_t lane) {
  std::string text;
  while (text.size() < kLongestText) {
    const std::byte* const byte = machine::peek(warp, address + text.size(), 1, lane);
    if (byte == nullptr) return std::nullopt;
    if (*byte == std::byte{0}) break;
    text += static_cast<char>(*byte);
  }
  return text;
}

}  // namespace decode_lab::instructions
