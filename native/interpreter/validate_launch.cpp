#include "interpreter/validate_launch.h"

#include "error.h"

namespace decode_lab::interpreter {

namespace {

constexpr uint32_t kNewestTarget = 90;
constexpr uint32_t kMostThreads = 1024;
constexpr Dim3 kMostBlock{1024, 1024, 64};
constexpr Dim3 kMostGrid{0x7FFFFFFF, 65535, 65535};
constexpr uint64_t kMostCtas = 0xFFFFFFFF;

// Shared memory that one CTA may use, in bytes.
uint64_t most_shared(uint32_t target) {
  if (target >= 90) return 227 << 10;
  if (target == 80 || target == 87) return 163 << 10;
  if (target == 86 || target == 89) return 99 << 10;
  return target == 75 ? 64 << 10 : 96 << 10;
}

void require_within(const Dim3& asked, const Dim3& most, const char* what) {
  for (size_t i = 0; i < 3; i++)
    if (asked[i] == 0 || asked[i] > most[i])
      invalid_launch(std::string(what) + "." + "xyz"[i] + " is " + std::to_string(asked[i]) + ", 1 to " +
                     std::to_string(most[i]) + " are allowed");
}

std::string to_string(const Dim3& dim) {
  return std::to_string(dim[0]) + " × " + std::to_string(dim[1]) + " × " + std::to_string(dim[2]);
}

void validate_shape(const Launch& launch, const ptx::Function& entry) {
  require_within(launch.grid, kMostGrid, "grid");
  require_within(launch.block, kMostBlock, "block");
  const uint64_t ctas = uint64_t{launch.grid[0]} * launch.grid[1];
  if (ctas > kMostCtas || ctas * launch.grid[2] > kMostCtas)
    invalid_launch("the grid has more than " + std::to_string(kMostCtas) + " CTAs");
  const uint64_t threads = uint64_t{launch.block[0]} * launch.block[1] * launch.block[2];
  if (threads > kMostThreads)
    invalid_launch("the block has " + std::to_string(threads) + " threads, up to 1024 are allowed");
  if (entry.reqntid && *entry.reqntid != launch.block)
    invalid_launch("the block is " + to_string(launch.block) + ", entry '" + entry.name + "' requires " +
                   to_string(*entry.reqntid));
  if (entry.maxntid && threads > uint64_t{(*entry.maxntid)[0]} * (*entry.maxntid)[1] * (*entry.maxntid)[2])
    invalid_launch("the block is " + to_string(launch.block) + ", entry '" + entry.name + "' allows " +
                   to_string(*entry.maxntid));
}

void validate_parameters(const Launch& launch, const ptx::Function& entry) {
  if (launch.parameters.size() != entry.parameters.size())
    invalid_launch("entry '" + entry.name + "' has " + std::to_string(entry.parameters.size()) +
                   " parameters, the launch gives " + std::to_string(launch.parameters.size()));
  for (size_t i = 0; i < launch.parameters.size(); i++) {
    const Parameter& given = launch.parameters[i];
    const ptx::Variable& declared = entry.parameters[i];
    const bool is_scalar = given.kind == Parameter::Kind::scalar;
    const uint64_t size = is_scalar ? given.size : 8;
    if (size == declared.size) continue;
    invalid_launch("parameter " + std::to_string(i + 1) + " ('" + given.name + "') is a " +
                   (is_scalar ? std::to_string(size) + "-byte scalar" : "pointer of 8 bytes") +
                   ", the entry declares '" + declared.name + "' with " + std::to_string(declared.size) + " bytes");
  }
}

}  // namespace

void require_supported_target(const ptx::Module& module) {
  const uint32_t number = module.target_number();
  if (number < 70 || number > kNewestTarget)
    unsupported("target '" + module.target + "' is not supported (sm_70 to sm_90 are)", 1);
}

const ptx::Function& find_entry(const ptx::Module& module, const std::string& name) {
  for (const ptx::Function& entry : module.entries)
    if (entry.name == name) return entry;
  std::string known;
  for (const ptx::Function& entry : module.entries) known += (known.empty() ? "" : ", ") + entry.name;
  invalid_launch("no entry '" + name + "', the module has: " + (known.empty() ? "none" : known));
}

void validate_launch(const Launch& launch, const ptx::Module& module, const ptx::Function& entry,
                     const VariableLayout& variables) {
  validate_shape(launch, entry);
  validate_parameters(launch, entry);
  const uint64_t shared = variables.shared_bytes + launch.shared_bytes, most = most_shared(module.target_number());
  if (launch.shared_bytes > most || shared > most)
    invalid_launch("the CTA needs " + std::to_string(variables.shared_bytes) + " + " +
                   std::to_string(launch.shared_bytes) + " bytes of shared memory, " + module.target + " has " +
                   std::to_string(most));
}

}  // namespace decode_lab::interpreter
