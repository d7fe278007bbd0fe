// A range of device memory with its host bytes and what is known of each byte.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
  bool initialised;  // before the launch; if not, only `written` bytes hold something, and those of `written_before`
  ByteSet read, written;
  std::optional<ByteSet> written_before = std::nullopt;  // by earlier launches
  std::unique_ptr<UndoLog> undo = nullptr;               // null: stores are final

  bool holds(uint64_t begin, uint64_t end) const {
    return initialised || written.contains_all(begin, end) ||
           (written_before && written_before->contains_all(begin, end));
  }
  bool holds(uint64_t byte) const {
    return initialised || written.contains(byte) || (written_before && written_before->contains(byte));
  }
};

}  // namespace decode_lab::machine
