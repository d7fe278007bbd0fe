// The global and constant memory of a launch: its buffers in place, the module's variables beside them.
#pragma once
#include <deque>

#include "interpreter/decode.h"
#include "launch.h"
#include "machine/grid.h"
#include "observers/traffic.h"

namespace decode_lab::interpreter {

class DeviceMemory {
 public:
  DeviceMemory(const Launch& launch, const VariableLayout& variables, machine::Budget& budget);

  std::vector<machine::Buffer>& global() { return global_; }
  uint64_t workspace() const { return workspace_; }  // device address, of cooperative launches only
  machine::Buffer& constant() { return *constant_; }
  std::vector<std::byte> parameter_block(const Launch& launch, const VariableLayout& variables) const;

  void keep_undo();  // from here on, remembers what stores overwrite
  void undo();       // brings it back, forgets what the run noted, and makes later stores final
  std::vector<BufferReport> reports(const observers::Traffic& traffic) const;  // one per buffer parameter, in order
  void tell_what_was_written(const Launch& launch) const;                      // in the parameters' `written_before`
  uint64_t unique_bytes_read() const;
  uint64_t unique_bytes_written() const;

 private:
  std::deque<std::vector<std::byte>> variable_bytes_;
  std::vector<machine::Buffer> global_;
  std::vector<std::byte> constant_bytes_;
  std::optional<machine::Buffer> constant_;
  size_t first_parameter_, parameters_end_ = 0;
  uint64_t workspace_ = 0;
};

}  // namespace decode_lab::interpreter
