#include <algorithm>

#include "error.h"
#include "interpreter/decode.h"
#include "machine/address_space.h"
#include "machine/local_memory.h"

namespace decode_lab::interpreter {

namespace {

using ptx::StateSpace;

uint64_t place(uint64_t& end, const ptx::Variable& variable) {
  const uint64_t address = (end + variable.align - 1) / variable.align * variable.align;
  end = address + variable.size;
  return address;
}

constexpr uint64_t kMostStaticShared = 48 << 10;  // bytes, ptxas's limit
constexpr uint64_t kMostConstant = 64 << 10;
constexpr uint64_t kStackAlign = 16;  // of the parameters of calls

void require_at_most(uint64_t bytes, uint64_t limit, const char* what, int line) {
  if (bytes > limit)
    unsupported(std::string(what) + " of " + std::to_string(bytes) + " bytes (up to " + std::to_string(limit) + " are)",
                line);
}

class Layout {
 public:
  VariableLayout run(const ptx::Module& module, const ptx::Function& entry) {
    layout_.target = {module.target_number(), module.target_is_specific()};
    for (size_t i = 0; i < module.functions.size(); i++)
      layout_.addresses.functions[&module.functions[i]] = machine::function_address(i);
    layout_.addresses.functions[&entry] = 0;
    for (const ptx::Variable& variable : module.variables)
      if (module.find_variable(variable.name) == &variable) add(variable);
    for (const ptx::Function* const function : module.reached)
      for (const ptx::Variable& variable : function->variables) add(variable);
    for (const ptx::Variable* variable : dynamic_) {  // all dynamic variables start behind the static ones
      uint64_t end = layout_.shared_bytes;
      layout_.addresses.variables[variable] = place(end, *variable);
      layout_.shared_bytes = end;
    }
    for (const ptx::Variable& parameter : entry.parameters) {
      address_of(parameter) = place(layout_.parameter_bytes, parameter);
      layout_.parameter_offsets.push_back(static_cast<uint32_t>(address_of(parameter)));
    }
    for (const ptx::Function* const function : module.reached) layout_.stacks[function] = stack_of(*function);
    require_at_most(layout_.shared_bytes, kMostStaticShared, "static shared memory", entry.line);
    require_at_most(layout_.constant_bytes, kMostConstant, "constant memory", entry.line);
    return std::move(layout_);
  }

 private:
  uint64_t& address_of(const ptx::Variable& variable) { return layout_.addresses.variables[&variable]; }

  void add(const ptx::Variable& variable) {
    if (variable.is_extern && variable.space != StateSpace::shared) return;  // defined elsewhere
    switch (variable.space) {
      case StateSpace::shared:
        if (variable.size == 0)
          dynamic_.push_back(&variable);
        else
          address_of(variable) = place(layout_.shared_bytes, variable);
        break;
      case StateSpace::constant:
        address_of(variable) = place(layout_.constant_bytes, variable);
        layout_.constants.push_back(&variable);
        break;
      case StateSpace::global:
        address_of(variable) = machine::global_base(static_cast<uint32_t>(layout_.globals.size()));
        layout_.globals.push_back(&variable);
        break;
      default:
        break;
    }
  }

  // .local variables first, then the parameters of calls.
  StackLayout stack_of(const ptx::Function& function) {
    StackLayout stack{0, kStackAlign};
    for (const ptx::Variable& variable : function.variables) {
      if (variable.space != StateSpace::local) continue;
      address_of(variable) = place(stack.bytes, variable);
      stack.align = std::max<uint64_t>(stack.align, variable.align);
    }
    const uint64_t area = (stack.bytes + kStackAlign - 1) / kStackAlign * kStackAlign;
    auto place_parameter = [&](const ptx::Variable& variable) {
      if (!variable.on_stack() || variable.in_register) return;
      address_of(variable) = area + variable.call_offset;
      if (variable.align > kStackAlign)
        unsupported(
            "parameter '" + variable.name + "' aligned to " + std::to_string(variable.align) + " bytes (up to 16 are)",
            variable.line);
    };
    for (const ptx::Variable& variable : function.variables) place_parameter(variable);
    for (const ptx::Variable& variable : function.parameters) place_parameter(variable);
    for (const ptx::Variable& variable : function.results) place_parameter(variable);
    if (function.call_bytes != 0) stack.bytes = area + function.call_bytes;
    require_at_most(stack.bytes, machine::kMostLocalBytes, "local memory", function.line);
    return stack;
  }

  VariableLayout layout_{};
  std::vector<const ptx::Variable*> dynamic_;
};

}  // namespace

VariableLayout lay_out_variables(const ptx::Module& module, const ptx::Function& entry) {
  return Layout().run(module, entry);
}

}  // namespace decode_lab::interpreter
