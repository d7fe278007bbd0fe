// Any bytes: parser, layout of variables and decoder either refuse them with an Error or accept them.
#include <new>

#include "error.h"
#include "interpreter/decode.h"
#include "interpreter/validate_launch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using namespace decode_lab;

constexpr size_t kMostEntries = 4;  // decoded per input

void decode_entry(std::string_view text, const std::string& name) {
  const ptx::Module module = ptx::parse(text, name);
  interpreter::require_supported_target(module);
  const ptx::Function& entry = interpreter::find_entry(module, name);
  interpreter::decode(module, interpreter::lay_out_variables(module, entry));
}

template <class Action>
void or_refuse(Action&& action) {
  try {
    action();
  } catch (const Error&) {
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  or_refuse([&] {
    const ptx::Module module = ptx::parse(text, "");
    for (size_t i = 0; i < std::min(kMostEntries, module.entries.size()); i++)
      or_refuse([&] { decode_entry(text, module.entries[i].name); });
  });
  return 0;
}
