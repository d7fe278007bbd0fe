// What strong writes tell those who read them (PTX ISA 8.8 release and acquire patterns, 8.9.2 observation order). A
// location is the exact bytes of the write; reading other bytes, or by a scope that leaves one side out, is not morally
// strong and tells nothing.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "machine/causality_order.h"
#include "machine/observer.h"

namespace decode_lab::machine {

struct ThreadOfGrid {
  uint32_t cta, warp, lane;
  bool operator==(const ThreadOfGrid&) const = default;
};

struct StrongAccess {
  Place place;
  uint32_t bytes;
  ThreadOfGrid thread;
  uint32_t clock;
  Scope scope;
  Semantics semantics;
};

class ObservationOrder {
 public:
  using Past = CausalityOrder::Past;
  using Number = uint64_t;  // of a strong write, in the order in which they are made
  // The writes of one location that a read observes: the one that it reads and, of read-modify-writes, those before it.
  struct Chain {
    Number first, last;
    bool holds(Number number) const { return first <= number && number <= last; }
  };
  // What a thread receives by reading: from threads of its own CTA, and from all.
  struct Received {
    Past in_cta, all;
  };
  // What a release pattern tells, by the scope of its first operation, and which fence.sc come before the write.
  struct Told {
    Knowledge in_cta;  // at CTA scope or wider
    Knowledge all;     // at GPU scope or wider
    Knowledge sc_in_cta, sc;
  };

  bool empty() const { return blocks_.empty(); }
  // `remembers`: keeps what reads have observed, and whose writes.
  Received read(const StrongAccess& access, bool remembers);
  // A write ends what earlier writes of other threads told, a read-modify-write passes it on. `keeps_release`: for the
  // thread's later writes.
  void write(const StrongAccess& access, Told told, bool reads_too, bool remembers, bool keeps_release);
  void weak_write(const Place& place, uint64_t bytes);
  void clear() { blocks_.clear(); }

  // The writes of the byte that reads have observed which are ordered before what (warp, lane) does now. They come
  // before its accesses of the byte (8.9.5), but not before what others learn from those.
  std::vector<Chain> observed_before(const Buffer& buffer, uint64_t offset, const CausalityOrder& order, uint32_t warp,
                                     uint32_t lane) const;
  // A thread's latest write of the location; 0: none.
  Number latest_write(const Buffer& buffer, uint64_t offset, uint32_t bytes, const ThreadOfGrid& thread) const;
  // Has the thread made a release operation on the location?
  bool has_released(const Buffer& buffer, uint64_t offset, uint32_t bytes, const ThreadOfGrid& thread) const;

 private:
  struct Message {
    Past all;
    std::unordered_map<uint32_t, Past> in_cta;  // [CTA of the releasing thread]
  };
  struct Observation {
    Chain chain{1, 0};  // nothing
    uint32_t clock = 0;
  };
  // What a thread did at one location before.
  struct Visitor {
    ThreadOfGrid thread;
    Number wrote = 0;
    std::unique_ptr<Told> released;         // "a release operation on M followed by a strong write on M" (8.8)
    std::unique_ptr<Received> received;     // "a strong read on M followed by an acquire operation on M" (8.8)
    std::array<Observation, 2> observed{};  // the latest first
    void observe(const Chain& chain, uint32_t clock);
  };
  using Visitors = std::unordered_map<uint64_t, Visitor>;
  struct Location {
    uint64_t offset;
    uint32_t bytes;
    ThreadOfGrid writer;  // of the last write
    Scope scope;
    bool released;  // each write of the chain is a release operation of GPU scope
    Chain chain;
    Message message;
    std::unique_ptr<Visitors> visitors;
    Visitor& visitor(const ThreadOfGrid& of);
    Visitor* find_visitor(const ThreadOfGrid& of) const;
  };
  struct Key {
    const Buffer* buffer;
    uint64_t block;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const {
      return std::hash<const void*>()(key.buffer) ^ std::hash<uint64_t>()(key.block * 0x9E3779B97F4A7C15);
    }
  };
  static constexpr uint32_t kBlockBits = 4;  // no access crosses 16 bytes
  static Received received(const Message& message, uint32_t cta);
  static bool is_of(const Location& location, const StrongAccess& access);
  template <class Blocks>
  static auto* find(Blocks& blocks, const Buffer& buffer, uint64_t offset, uint32_t bytes);
  static bool observes(const Location& location, const StrongAccess& access);

  std::unordered_map<Key, std::vector<Location>, Hash> blocks_;
  Number writes_ = 0;
};

}  // namespace decode_lab::machine
