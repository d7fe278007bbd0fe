#include "interpreter/device_memory.h"

#include <algorithm>
#include <cstring>

#include "machine/memory.h"

namespace decode_lab::interpreter {

using machine::Buffer;
using machine::ByteNotes;

namespace {

uint64_t count(const ByteNotes& notes, uint8_t note) {
  uint64_t bytes = 0;
  for (uint64_t page = 0; page < notes.pages(); page++) {
    if (!notes.page_touched(page)) continue;
    const uint64_t end = std::min(notes.size(), (page + 1) << ByteNotes::kPageBits);
    for (uint64_t offset = page << ByteNotes::kPageBits; offset < end; offset++)
      bytes += (notes.get(offset) & note) != 0 ? 1 : 0;
  }
  return bytes;
}

BufferReport report_on(const Buffer& buffer, bool poisoned) {
  BufferReport report{buffer.name, count(buffer.notes, ByteNotes::kRead), count(buffer.notes, ByteNotes::kWritten), 0,
                      -1};
  for (uint64_t offset = 0; poisoned && offset < buffer.size; offset++) {
    if ((buffer.notes.get(offset) & ByteNotes::kUninitialised) == 0) continue;
    if (report.uninitialised_bytes++ == 0) report.first_uninitialised = static_cast<int64_t>(offset);
  }
  return report;
}

}  // namespace

DeviceMemory::DeviceMemory(const Launch& launch, const VariableLayout& variables, machine::Budget& budget)
    : constant_bytes_(variables.constant_bytes), first_parameter_(variables.globals.size()) {
  auto add = [&](const std::string& name, std::byte* bytes, size_t size, bool initialised) {
    budget.charge_host_bytes(size);
    const auto index = static_cast<uint32_t>(global_.size());
    const uint8_t notes = initialised ? 0 : ByteNotes::kUninitialised;
    global_.push_back(
        {name, ptx::StateSpace::global, index, machine::global_base(index), size, bytes, ByteNotes(size, notes)});
    initial_notes_.push_back(notes);
  };
  for (const ptx::Variable* variable : variables.globals) {
    budget.charge_host_bytes(variable->size);
    // Zero unless the module says otherwise (PTX ISA 5.4.4).
    auto& bytes = variable_bytes_.emplace_back(variable->size);
    std::copy(variable->initial.begin(), variable->initial.end(), reinterpret_cast<uint8_t*>(bytes.data()));
    add(variable->name, bytes.data(), bytes.size(), true);
  }
  for (const Parameter& parameter : launch.parameters)
    if (parameter.kind == Parameter::Kind::buffer)
      add(parameter.name, parameter.bytes, parameter.size, parameter.initialised);
  for (const auto& [variable, address] : variables.addresses)
    if (variable->space == ptx::StateSpace::constant && !variable->initial.empty())
      std::memcpy(constant_bytes_.data() + address, variable->initial.data(), variable->initial.size());
  constant_.emplace(Buffer{"const", ptx::StateSpace::constant, 0, 0, constant_bytes_.size(), constant_bytes_.data(),
                           ByteNotes(constant_bytes_.size(), 0)});
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
    global_[i].notes.reset(initial_notes_[i]);
  }
}

uint64_t DeviceMemory::count_notes(uint8_t note) const {
  uint64_t bytes = 0;
  for (const Buffer& buffer : global_) bytes += count(buffer.notes, note);
  return bytes;
}

std::vector<BufferReport> DeviceMemory::reports() const {
  std::vector<BufferReport> reports;
  for (size_t i = first_parameter_; i < global_.size(); i++)
    reports.push_back(report_on(global_[i], initial_notes_[i] != 0));
  return reports;
}

}  // namespace decode_lab::interpreter
