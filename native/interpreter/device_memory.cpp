#include "interpreter/device_memory.h"

#include <algorithm>
#include <cstring>

#include "machine/address_space.h"

namespace decode_lab::interpreter {

using machine::Buffer;

namespace {

BufferReport report_on(const Buffer& buffer, observers::Traffic::Sectors sectors) {
  BufferReport report{buffer.name, buffer.read.count(), buffer.written.count(), 0, -1, sectors.loaded, sectors.stored};
  if (buffer.initialised) return report;
  const uint64_t held =
      buffer.written_before ? buffer.written.count_with(*buffer.written_before) : report.bytes_written;
  report.uninitialised_bytes = buffer.size - held;
  if (report.uninitialised_bytes == 0) return report;
  report.first_uninitialised = 0;
  while (buffer.holds(static_cast<uint64_t>(report.first_uninitialised))) report.first_uninitialised++;
  return report;
}

// The address that a symbol of an initial value stands for (PTX ISA 5.4.4).
uint64_t address_of(const ptx::SymbolBytes& symbol, const VariableLayout& variables) {
  if (symbol.function != nullptr) return variables.addresses.functions.at(symbol.function);
  const uint64_t window = symbol.generic ? machine::window_of(symbol.variable->space) : 0;
  return variables.addresses.of(*symbol.variable) + window + static_cast<uint64_t>(symbol.addend);
}

// Variables that nothing reaches keep their symbols unresolved: no one can read them.
void write_initial(const ptx::Variable& variable, const VariableLayout& variables, std::byte* to) {
  if (!variable.initial.empty()) std::memcpy(to, variable.initial.data(), variable.initial.size());
  for (const ptx::SymbolBytes& symbol : variable.symbols) {
    if (symbol.function == nullptr && symbol.variable == nullptr) continue;
    const uint64_t value = address_of(symbol, variables) >> symbol.shift;
    std::memcpy(to + symbol.at, &value, symbol.bytes);
  }
}

// The driver's block for grid barriers, zero at the start; cooperative groups use its second word.
constexpr size_t kWorkspaceBytes = 64;

}  // namespace

DeviceMemory::DeviceMemory(const Launch& launch, const VariableLayout& variables, machine::Budget& budget)
    : constant_bytes_(variables.constant_bytes), first_parameter_(variables.globals.size()) {
  auto add = [&](const std::string& name, std::byte* bytes, size_t size, bool initialised) {
    const auto index = static_cast<uint32_t>(global_.size());
    Buffer& buffer = global_.emplace_back(name, ptx::StateSpace::global, bytes, size, initialised);
    buffer.index = index;
    buffer.base = machine::global_base(index);
  };
  for (const ptx::Variable* variable : variables.globals) {
    budget.charge_host_bytes(variable->size);
    // Zero unless the module says otherwise (PTX ISA 5.4.4).
    auto& bytes = variable_bytes_.emplace_back(variable->size);
    write_initial(*variable, variables, bytes.data());
    add(variable->name, bytes.data(), bytes.size(), true);
  }
  for (const Parameter& parameter : launch.parameters)
    if (parameter.kind == Parameter::Kind::buffer) {
      budget.charge_host_bytes(parameter.size);
      add(parameter.name, parameter.bytes, parameter.size, parameter.initialised);
      if (parameter.written_before != nullptr)
        global_.back().written_before.emplace(parameter.size).add_bits(parameter.written_before);
    }
  parameters_end_ = global_.size();
  if (launch.cooperative) {
    auto& bytes = variable_bytes_.emplace_back(kWorkspaceBytes);
    add("grid workspace", bytes.data(), bytes.size(), true);
    workspace_ = global_.back().base;
  }
  for (const ptx::Variable* variable : variables.constants)
    write_initial(*variable, variables, constant_bytes_.data() + variables.addresses.variables.at(variable));
  constant_.emplace("const", ptx::StateSpace::constant, constant_bytes_.data(), constant_bytes_.size(), true);
}

std::vector<std::byte> DeviceMemory::parameter_block(const Launch& launch, const VariableLayout& variables) const {
  std::vector<std::byte> block(variables.parameter_bytes);
  size_t buffer = first_parameter_;
  for (size_t i = 0; i < launch.parameters.size(); i++) {
    const Parameter& parameter = launch.parameters[i];
    std::byte* const to = block.data() + variables.parameter_offsets[i];
    if (parameter.kind == Parameter::Kind::scalar) std::memcpy(to, parameter.bytes, parameter.size);
    if (parameter.kind == Parameter::Kind::buffer) std::memcpy(to, &global_[buffer++].base, sizeof(uint64_t));
  }
  return block;
}

void DeviceMemory::keep_undo() {
  for (Buffer& buffer : global_) buffer.undo = std::make_unique<machine::UndoLog>(buffer.host, buffer.size);
}

void DeviceMemory::undo() {
  for (size_t i = 0; i < global_.size(); i++) {
    global_[i].undo->restore();
    global_[i].undo.reset();
    global_[i].read.clear();
    global_[i].written.clear();
  }
}

uint64_t DeviceMemory::unique_bytes_read() const {
  uint64_t bytes = 0;
  for (const Buffer& buffer : global_) bytes += buffer.read.count();
  return bytes;
}

uint64_t DeviceMemory::unique_bytes_written() const {
  uint64_t bytes = 0;
  for (const Buffer& buffer : global_) bytes += buffer.written.count();
  return bytes;
}

std::vector<BufferReport> DeviceMemory::reports(const observers::Traffic& traffic) const {
  std::vector<BufferReport> reports;
  for (size_t i = first_parameter_; i < parameters_end_; i++)
    reports.push_back(report_on(global_[i], traffic.sectors(static_cast<uint32_t>(i))));
  return reports;
}

void DeviceMemory::tell_what_was_written(const Launch& launch) const {
  size_t buffer = first_parameter_;
  for (const Parameter& parameter : launch.parameters) {
    if (parameter.kind != Parameter::Kind::buffer) continue;
    if (parameter.written_before != nullptr) global_[buffer].written.write_bits(parameter.written_before);
    buffer++;
  }
}

}  // namespace decode_lab::interpreter
