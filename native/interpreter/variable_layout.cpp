#include "error.h"
#include "interpreter/decode.h"
#include "machine/address_space.h"

namespace decode_lab::interpreter {

namespace {

using ptx::StateSpace;

uint64_t place(uint64_t& end, const ptx::Variable& variable) {
  const uint64_t address = (end + variable.align - 1) / variable.align * variable.align;
  end = address + variable.size;
  return address;
}

constexpr uint64_t kMostStaticShared = 48 << 10;  // bytes, ptxas's limit
constexpr uint64_t kMostLocal = 512 << 10;        // bytes per thread (CUDA Programming Guide, compute capabilities)
constexpr uint64_t kMostConstant = 64 << 10;

void require_at_most(uint64_t bytes, uint64_t limit, const char* what, int line) {
  if (bytes > limit)
    unsupported(std::string(what) + " of " + std::to_string(bytes) + " bytes (up to " + std::to_string(limit) + " are)",
                line);
}

}  // namespace

VariableLayout lay_out_variables(const ptx::Module& module, const ptx::Function& entry) {
  VariableLayout layout{};
  layout.target = module.target_number();
  std::vector<const ptx::Variable*> dynamic;
  auto add = [&](const ptx::Variable& variable) {
    switch (variable.space) {
      case StateSpace::shared:
        if (variable.size == 0)
          dynamic.push_back(&variable);
        else
          layout.addresses[&variable] = place(layout.shared_bytes, variable);
        break;
      case StateSpace::local:
        layout.addresses[&variable] = place(layout.local_bytes, variable);
        break;
      case StateSpace::constant:
        layout.addresses[&variable] = place(layout.constant_bytes, variable);
        break;
      case StateSpace::global:
        layout.addresses[&variable] = machine::global_base(static_cast<uint32_t>(layout.globals.size()));
        layout.globals.push_back(&variable);
        break;
      default:
        break;
    }
  };
  for (const ptx::Variable& variable : module.variables) add(variable);
  for (const ptx::Variable& variable : entry.variables) add(variable);
  for (const ptx::Variable* variable : dynamic) {  // all dynamic variables start behind the static ones
    uint64_t end = layout.shared_bytes;
    layout.addresses[variable] = place(end, *variable);
    layout.shared_bytes = end;
  }
  for (const ptx::Variable& parameter : entry.parameters) {
    layout.addresses[&parameter] = place(layout.parameter_bytes, parameter);
    layout.parameter_offsets.push_back(static_cast<uint32_t>(layout.addresses[&parameter]));
  }
  require_at_most(layout.shared_bytes, kMostStaticShared, "static shared memory", entry.line);
  require_at_most(layout.local_bytes, kMostLocal, "local memory", entry.line);
  require_at_most(layout.constant_bytes, kMostConstant, "constant memory", entry.line);
  return layout;
}

}  // namespace decode_lab::interpreter
