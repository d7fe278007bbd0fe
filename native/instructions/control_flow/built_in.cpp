#include "instructions/control_flow/built_in.h"

#include <array>

namespace decode_lab::instructions {

namespace {

struct BuiltIn {
  std::string_view name;
  std::vector<uint32_t> parameters, results;  // bytes
  machine::Handler run;
};

// int vprintf(const char* format, va_list arguments)
// void __assertfail(const char* message, const char* file, unsigned line, const char* function, size_t char_size)
const std::array<BuiltIn, 2> kBuiltIns{{
    {"vprintf", {8, 8}, {4}, &run_vprintf},
    {"__assertfail", {8, 8, 4, 8, 8}, {}, &run_assertfail},
}};

bool has_sizes(const std::vector<machine::ValuePlace>& places, const std::vector<uint32_t>& sizes) {
  if (places.size() != sizes.size()) return false;
  for (size_t i = 0; i < sizes.size(); i++)
    if (places[i].bytes != sizes[i]) return false;
  return true;
}

}  // namespace

bool decode_built_in(Decoding& decoding, const ptx::Function& callee) {
  for (const BuiltIn& built_in : kBuiltIns) {
    if (built_in.name != callee.name) continue;
    if (!has_sizes(decoding.call->arguments, built_in.parameters) ||
        !has_sizes(decoding.call->results, built_in.results))
      decoding.invalid("of '" + callee.name + "' passes other parameters than the driver's function has");
    decoding.operation.kind = machine::Operation::Kind::built_in;
    decoding.operation.run = built_in.run;
    decoding.operation.slots[0] = decoding.scratch(64);
    return true;
  }
  return false;
}

}  // namespace decode_lab::instructions
