#include "machine/knowledge.h"

#include <algorithm>

namespace decode_lab::machine {

namespace {

constexpr uint32_t kFanOutBits = 5;

// The leaf of a warp: CTA and warp as one number; a CTA has up to 32 warps and as many copy agents (CausalityOrder).
uint64_t key_of(uint32_t cta, uint32_t warp) { return uint64_t{cta} << (kFanOutBits + 1) | warp; }

uint32_t digit(uint64_t key, uint32_t level) { return key >> (kFanOutBits * (level - 1)) & 31; }

uint32_t levels_for(uint64_t key) {
  uint32_t levels = 1;
  while (key >> (kFanOutBits * levels) != 0) levels++;
  return levels;
}

}  // namespace

// Each machine thread has nodes of its own, so references need no atomics.
struct Knowledge::Node {
  uint32_t references = 1;
  uint32_t level;  // 0: a leaf
  union {
    Clocks clocks;
    std::array<Node*, kLanes> children;
  };
  explicit Node(const Clocks& of_leaf) : level(0), clocks(of_leaf) {}
  explicit Node(uint32_t above) : level(above), children{} {}
};

Knowledge::Node* Knowledge::hold(Node* node) {
  if (node != nullptr) node->references++;
  return node;
}

void Knowledge::drop(Node* node) {
  if (node == nullptr || --node->references != 0) return;
  if (node->level != 0)
    for (Node* child : node->children) drop(child);
  delete node;
}

Knowledge::Node* Knowledge::path(uint64_t key, uint32_t levels, Node* leaf) {
  Node* node = leaf;
  for (uint32_t level = 1; level <= levels; level++) {
    Node* const above = new Node(level);
    above->children[digit(key, level)] = node;
    node = above;
  }
  return node;
}

Knowledge::Knowledge(uint32_t cta, uint32_t warp, const Clocks& clocks) : levels_(levels_for(key_of(cta, warp))) {
  root_ = path(key_of(cta, warp), levels_, new Node(clocks));
}

uint32_t Knowledge::clock(uint32_t cta, uint32_t warp, uint32_t lane) const {
  const uint64_t key = key_of(cta, warp);
  if (root_ == nullptr || levels_for(key) > levels_) return 0;
  const Node* node = root_;
  for (uint32_t level = levels_; level > 0 && node != nullptr; level--) node = node->children[digit(key, level)];
  return node == nullptr ? 0 : node->clocks[lane];
}

void Knowledge::raise(uint32_t levels) {
  for (; root_ != nullptr && levels_ < levels; levels_++) root_ = path(0, 1, root_), root_->level = levels_ + 1;
  levels_ = std::max(levels_, levels);
}

// Returns a or b themselves where one knows all that the other does.
Knowledge::Node* Knowledge::joined(Node* a, Node* b) {
  if (a == b || b == nullptr) return hold(a);
  if (a == nullptr) return hold(b);
  if (a->level == 0) {
    Clocks clocks;
    for (uint32_t lane = 0; lane < kLanes; lane++) clocks[lane] = std::max(a->clocks[lane], b->clocks[lane]);
    return clocks == a->clocks ? hold(a) : clocks == b->clocks ? hold(b) : new Node(clocks);
  }
  Node* const result = new Node(a->level);
  for (uint32_t i = 0; i < kLanes; i++) result->children[i] = joined(a->children[i], b->children[i]);
  for (Node* one : {a, b}) {
    if (result->children != one->children) continue;
    drop(result);
    return hold(one);
  }
  return result;
}

void Knowledge::join(const Knowledge& other) {
  if (other.root_ == root_ || other.empty()) return;
  Knowledge raised = other;
  raised.raise(levels_);
  raise(raised.levels_);
  Node* const result = joined(root_, raised.root_);
  drop(root_);
  root_ = result;
}

}  // namespace decode_lab::machine
