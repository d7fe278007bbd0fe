// What strong writes tell those who read them (PTX ISA 8.8 release patterns, 8.9.2 observation order). A location is
// the exact bytes of the write; reading other bytes, or by a scope that leaves one side out, is not morally strong and
// tells nothing.
#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "machine/causality_order.h"
#include "machine/observer.h"

namespace decode_lab::machine {

struct StrongAccess {
  Place place;
  uint32_t bytes;
  uint32_t cta, warp, lane;
  Scope scope;
};

class ObservationOrder {
 public:
  using Past = CausalityOrder::Past;
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
  Received read(const StrongAccess& access) const;
  // A write ends what earlier writes of other threads told, a read-modify-write passes it on.
  void write(const StrongAccess& access, const Told& told, bool reads_too);
  void weak_write(const Place& place, uint64_t bytes);
  void clear() { blocks_.clear(); }

 private:
  struct Message {
    Past all;
    std::unordered_map<uint32_t, Past> in_cta;  // [CTA of the releasing thread]
  };
  struct Location {
    uint64_t offset;
    uint32_t bytes;
    uint32_t cta, warp, lane;  // that wrote last
    Scope scope;
    bool reads_too;
    Message message;
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
  static bool observes(const Location& location, const StrongAccess& access);

  std::unordered_map<Key, std::vector<Location>, Hash> blocks_;
};

}  // namespace decode_lab::machine
