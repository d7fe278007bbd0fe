// What the machine tells about a run. Observers see memory requests, not instructions.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "machine/buffer.h"
#include "machine/lane_mask.h"
#include "machine/operation.h"

namespace decode_lab::machine {

class Cta;

struct Place {
  Buffer* buffer;
  uint64_t offset;  // bytes from the start of the buffer
};

// Lanes of a request that lie side by side (consecutive lanes at ascending places), or all at one place.
struct Span {
  Place place;  // of the lowest lane
  LaneMask lanes;
  bool together;  // all lanes access the same bytes

  uint64_t bytes(uint32_t per_lane) const { return together ? per_lane : uint64_t{lane_count(lanes)} * per_lane; }
  uint64_t offset_of(uint32_t lane, uint32_t per_lane) const {
    return together ? place.offset : place.offset + uint64_t{lane - lowest_lane(lanes)} * per_lane;
  }
};

// One warp's accesses in one state space. Loads and stores are told before their bytes move, read-modify-writes after.
struct Request {
  enum class Kind : uint8_t { load, store, read_modify_write };
  Kind kind;
  ptx::StateSpace space;  // global or shared
  const Operation* operation;
  const Cta* cta;
  uint32_t warp;
  uint32_t bytes;               // per lane
  LaneMask lanes;               // those whose access is aligned and in bounds
  std::span<const Span> spans;  // of `lanes`, lowest lanes first
  const std::byte* stored;      // store: lane i's bytes start at i * bytes
  uint32_t copy = 0;            // the asynchronous copy that makes the access (CausalityOrder), 0: the thread itself

  bool writes() const { return kind != Kind::load; }
  // Lies in so many places that an observer had better fetch its notes of all of them before it looks at each.
  bool is_scattered() const { return spans.size() >= 8; }
  Place place_of(uint32_t lane) const {
    for (const Span& span : spans)
      if ((span.lanes & lane_bit(lane)) != 0) return {span.place.buffer, span.offset_of(lane, bytes)};
    return {nullptr, 0};
  }
};

// A lane's access that the machine does not perform.
struct Fault {
  enum class Kind : uint8_t { out_of_bounds, misaligned, read_only, wrong_space };
  Kind kind;
  bool writes;
  ptx::StateSpace space;
  const Operation* operation;
  const Cta* cta;
  uint32_t warp, lane;
  const Buffer* buffer;  // the nearest; null if the address belongs to none
  uint64_t address;
  int64_t offset;  // bytes from the start of `buffer`
  uint32_t bytes;
};

// A wrong use of barriers by the lanes of one warp.
struct BarrierMisuse {
  enum class Kind : uint8_t {
    divergent,
    lane_not_in_mask,
    reused_early,  // nothing orders the arrival after the barrier's last completion
    mixed_forms    // .red meets another form, `other`
  };
  struct Lanes {
    const Operation* operation = nullptr;
    uint32_t warp = 0;
    LaneMask lanes = 0;
  };
  Kind kind;
  const Operation* operation;
  const Cta* cta;
  uint32_t warp;
  LaneMask lanes;    // that execute it
  LaneMask missing;  // divergent: live lanes that do not; lane_not_in_mask: executing lanes that are not named
  Lanes other = {};
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void cta_begins(const Cta&) {}
  virtual void request(const Request&) {}
  virtual void fault(const Fault&) {}
  virtual void barrier_misuse(const BarrierMisuse&) {}
};

}  // namespace decode_lab::machine
