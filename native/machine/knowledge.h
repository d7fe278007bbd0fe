// What release and acquire patterns have told a thread: for every thread of the grid, the clock below which its
// accesses are ordered before what the knowing thread does (vector clocks; Lamport 1978, Mattern 1989). Immutable tries
// that share their common parts, so that joining what two threads mostly have in common costs little.
#pragma once
#include <array>
#include <cstdint>
#include <utility>

#include "machine/lane_mask.h"

namespace decode_lab::machine {

class Knowledge {
 public:
  using Clocks = std::array<uint32_t, kLanes>;  // of one warp's lanes

  Knowledge() = default;  // knows of nobody
  Knowledge(uint32_t cta, uint32_t warp, const Clocks& clocks);
  Knowledge(const Knowledge& other) : root_(hold(other.root_)), levels_(other.levels_) {}
  Knowledge(Knowledge&& other) noexcept : root_(std::exchange(other.root_, nullptr)), levels_(other.levels_) {}
  Knowledge& operator=(Knowledge other) noexcept {
    std::swap(root_, other.root_);
    std::swap(levels_, other.levels_);
    return *this;
  }
  ~Knowledge() { drop(root_); }

  bool empty() const { return root_ == nullptr; }
  uint32_t clock(uint32_t cta, uint32_t warp, uint32_t lane) const;  // 0: knows nothing of the thread
  void join(const Knowledge& other);

 private:
  struct Node;
  static Node* hold(Node* node);
  static void drop(Node* node);
  static Node* path(uint64_t key, uint32_t levels, Node* leaf);
  static Node* joined(Node* a, Node* b);  // a new reference
  void raise(uint32_t levels);

  Node* root_ = nullptr;
  uint32_t levels_ = 0;  // above the leaves
};

}  // namespace decode_lab::machine
