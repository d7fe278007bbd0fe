// A range of device memory with its host bytes and what is known of each byte.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "machine/byte_set.h"
#include "machine/undo_log.h"
#include "ptx/types.h"

namespace decode_lab::machine {

struct Buffer {
  Buffer(std::string buffer_name, ptx::StateSpace in_space, std::byte* bytes, uint64_t byte_count, bool is_initialised)
      : name(std::move(buffer_name)),
        space(in_space),
        size(byte_count),
        host(bytes),
        initialised(is_initialised),
        read(byte_count),
        written(byte_count) {}

  std::string name;
  ptx::StateSpace space;
  uint32_t index = 0;  // position among the launch's global buffers
  uint64_t base = 0;   // device address; 0 for shared memory, which is addressed from 0
  uint64_t size;       // bytes
  std::byte* host;
  bool initialised;  // before the launch; if not, only `written` bytes hold something
  ByteSet read, written;
  std::unique_ptr<UndoLog> undo = nullptr;  // null: stores are final
};

}  // namespace decode_lab::machine
