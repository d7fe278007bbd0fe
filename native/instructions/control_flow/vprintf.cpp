// vprintf(format, arguments), which CUDA's printf() calls: formats as C does (%d %i %u %x %X %o %c %s %p %f %e %g %a
// and
// %%, with flags, width, precision and length), the arguments lying one behind the other, each aligned to its size.
// Returns the number of arguments, -1 without a format (CUDA Programming Guide, formatted output).
// The host reads the format; arguments and the text of %s are read by the thread and judged like any load.
// Deviations: text appears in the order of execution, CTA by CTA; a text, width or precision above 4096 is cut to that.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "instructions/control_flow/built_in.h"
#include "instructions/control_flow/device_string.h"
#include "machine/cta.h"
#include "machine/warp.h"

namespace decode_lab::instructions {

namespace {

using machine::LaneMask;
using machine::Operation;
using machine::Warp;

constexpr int kWidest = 4096;

// What a lane reads of its memory, one load at a time.
class LaneReader {
 public:
  LaneReader(Warp& warp, const Operation& call, uint32_t lane) : warp_(warp), load_(call), lane_(lane) {}

  uint64_t read(uint64_t address, uint32_t bytes) {
    load_.memory = {};
    load_.memory.space = ptx::StateSpace::generic;
    load_.memory.element_bytes = static_cast<uint8_t>(bytes);
    load_.memory.count = 1;
    load_.memory.address = load_.slots[0];
    load_.memory.address_bits = 64;
    load_.memory.used_bytes_mask = ~0u;
    warp_.row<uint64_t>(load_.slots[0])[lane_] = address;
    machine::LaneBytes loaded;
    machine::load(warp_, load_, machine::lane_bit(lane_), loaded);
    uint64_t value = 0;
    std::memcpy(&value, loaded.data() + size_t{lane_} * bytes, bytes);
    return value;
  }

  // A byte that faults reads as 0xFF, which no text holds.
  std::string text(uint64_t address) {
    std::string result;
    for (uint64_t byte = 0; result.size() < kLongestText; result += static_cast<char>(byte)) {
      byte = read(address + result.size(), 1);
      if (byte == 0 || byte == 0xFF) break;
    }
    return result;
  }

 private:
  Warp& warp_;
  Operation load_;
  uint32_t lane_;
};

class Formatter {
 public:
  Formatter(LaneReader& reader, const std::string& format, uint64_t arguments)
      : reader_(reader), format_(format), next_(arguments) {}

  std::string run() {
    while (at_ < format_.size()) {
      if (format_[at_] != '%')
        text_ += format_[at_++];
      else
        conversion();
    }
    return text_;
  }
  int32_t arguments() const { return count_; }

 private:
  uint64_t argument(uint32_t bytes) {
    next_ = (next_ + bytes - 1) / bytes * bytes;
    const uint64_t value = reader_.read(next_, bytes);
    next_ += bytes;
    count_++;
    return value;
  }

  // A number in the format, or an argument for '*'.
  int number() {
    if (at_ < format_.size() && format_[at_] == '*') {
      at_++;
      return std::clamp(static_cast<int>(static_cast<int32_t>(argument(4))), -kWidest, kWidest);
    }
    int value = 0;
    for (; at_ < format_.size() && format_[at_] >= '0' && format_[at_] <= '9'; at_++)
      value = std::min(kWidest, value * 10 + (format_[at_] - '0'));
    return value;
  }

  void conversion() {
    const size_t start = at_++;
    std::string flags = "%";
    for (; at_ < format_.size() && std::strchr("-+ #0", format_[at_]) != nullptr && flags.size() < 8; at_++)
      flags += format_[at_];
    width_ = number();
    precision_ = -1;
    if (at_ < format_.size() && format_[at_] == '.') {
      at_++;
      precision_ = number();
    }
    const size_t length_start = at_;
    while (at_ < format_.size() && std::strchr("hlLjzt", format_[at_]) != nullptr) at_++;
    const std::string length = format_.substr(length_start, at_ - length_start);
    const char kind = at_ < format_.size() ? format_[at_++] : '\0';
    if (!convert(flags, length, kind)) text_ += format_.substr(start, at_ - start);
  }

  // False for a conversion that C does not have: it appears as it is written.
  bool convert(const std::string& flags, const std::string& length, char kind) {
    const bool wide = length == "l" || length == "ll" || length == "j" || length == "z" || length == "t";
    switch (kind) {
      case '%':
        text_ += '%';
        return true;
      case 'd':
      case 'i':
        return append(flags + "*.*lld", of_length<int8_t, int16_t, int32_t, int64_t, long long>(length, wide)), true;
      case 'u':
      case 'o':
      case 'x':
      case 'X':
        return append(flags + "*.*ll" + kind,
                      of_length<uint8_t, uint16_t, uint32_t, uint64_t, unsigned long long>(length, wide)),
               true;
      case 'c':
        return append(flags + "*c", static_cast<int>(argument(4) & 0xFF), false), true;
      case 's':
        return append(flags + "*.*s", reader_.text(argument(8)).c_str()), true;
      case 'p':
        return append(flags + "*.*s", hexadecimal(argument(8)).c_str()), true;
      case 'a':
      case 'A':
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G': {
        const uint64_t bits = argument(8);
        double value = 0;
        std::memcpy(&value, &bits, sizeof(value));
        return append(flags + "*.*" + kind, value), true;
      }
      default:
        return false;
    }
  }

  template <class Byte, class Short, class Int, class Long, class Widest>
  Widest of_length(const std::string& length, bool wide) {
    if (wide) return static_cast<Long>(argument(8));
    const uint64_t value = argument(4);
    if (length == "hh") return static_cast<Byte>(value);
    if (length == "h") return static_cast<Short>(value);
    return static_cast<Int>(value);
  }

  static std::string hexadecimal(uint64_t value) {
    std::array<char, 24> digits{};
    std::snprintf(digits.data(), digits.size(), "0x%llx", static_cast<unsigned long long>(value));
    return value == 0 ? "(nil)" : digits.data();
  }

  template <class Value>
  void append(const std::string& conversion, Value value, bool has_precision = true) {
    std::array<char, 3 * kWidest> buffer{};
    const int length = has_precision
                           ? std::snprintf(buffer.data(), buffer.size(), conversion.c_str(), width_, precision_, value)
                           : std::snprintf(buffer.data(), buffer.size(), conversion.c_str(), width_, value);
    if (length > 0) text_.append(buffer.data(), std::min(static_cast<size_t>(length), buffer.size() - 1));
  }

  LaneReader& reader_;
  const std::string& format_;
  uint64_t next_;  // address of the next argument
  size_t at_ = 0;
  int width_ = 0, precision_ = -1;
  int32_t count_ = 0;
  std::string text_;
};

uint64_t argument_of(Warp& warp, const machine::ValuePlace& place, uint32_t lane) {
  uint64_t value = 0;
  std::memcpy(&value, warp.host(place, lane), sizeof(value));
  return value;
}

}  // namespace

void run_vprintf(Warp& warp, const Operation& operation, LaneMask active) {
  const machine::CallSite& call = warp.cta().grid().program.calls[operation.argument];
  machine::for_each_lane(active, [&](uint32_t lane) {
    LaneReader reader(warp, operation, lane);
    const uint64_t address = argument_of(warp, call.arguments[0], lane);
    const auto format = host_string(warp, address, lane);
    int32_t count = -1;
    if (format) {
      Formatter formatter(reader, *format, argument_of(warp, call.arguments[1], lane));
      warp.cta().print(formatter.run());
      count = formatter.arguments();
    } else if (address != 0) {
      reader.read(address, 1);  // reports the fault
    }
    warp.give(call.results[0], lane, &count);
  });
}

}  // namespace decode_lab::instructions
