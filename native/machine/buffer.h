// A range of device memory with its host bytes and what is known of each byte.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "machine/undo_log.h"
#include "ptx/types.h"

namespace decode_lab::machine {

// Zero pages on demand, so that the notes of a large buffer cost only what is touched.
class ByteNotes {
 public:
  enum : uint8_t { kUninitialised = 1, kRead = 2, kWritten = 4 };

  ByteNotes(size_t size, uint8_t initial);
  ~ByteNotes();
  ByteNotes(ByteNotes&& other) noexcept;
  ByteNotes(const ByteNotes&) = delete;

  // Workers note the same byte concurrently only to the same effect, or the launch is run again by one worker.
  uint8_t get(uint64_t offset) const { return std::atomic_ref(notes_[offset]).load(std::memory_order_relaxed); }
  void set(uint64_t offset, uint8_t notes) { std::atomic_ref(notes_[offset]).store(notes, std::memory_order_relaxed); }
  void touch(uint64_t offset) { std::atomic_ref(touched_[offset >> kPageBits]).store(1, std::memory_order_relaxed); }
  bool page_touched(uint64_t page) const { return touched_[page] != 0; }
  uint64_t pages() const { return touched_.size(); }
  uint64_t size() const { return size_; }
  void reset(uint8_t initial);  // forgets everything

  static constexpr uint32_t kPageBits = 12;

 private:
  size_t size_;
  uint8_t* notes_;
  mutable std::vector<uint8_t> touched_;
};

struct Buffer {
  std::string name;
  ptx::StateSpace space;
  uint32_t index;  // position among the launch's global buffers
  uint64_t base;   // device address; 0 for shared memory, which is addressed from 0
  uint64_t size;   // bytes
  std::byte* host;
  ByteNotes notes;
  std::unique_ptr<UndoLog> undo = nullptr;  // null: stores are final
};

}  // namespace decode_lab::machine
