// What the machine tells about a run. Observers see memory requests, not instructions.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "machine/buffer.h"
#include "machine/lane_mask.h"
#include "machine/operation.h"

namespace decode_lab::machine {

class Cta;

// One warp's load or store in one state space, before its bytes move. Per lane: buffer, byte offset within it.
struct Request {
  enum class Kind : uint8_t { load, store };
  Kind kind;
  ptx::StateSpace space;  // global, shared, local, param or constant, never generic
  const Operation* operation;
  const Cta* cta;
  uint32_t warp;
  LaneMask lanes;  // those whose access is aligned and in bounds
  std::array<Buffer*, kLanes> buffer;
  std::array<uint64_t, kLanes> offset;
  const std::byte* stored;  // store: lane i's bytes start at i * operation->memory.bytes()
};

// A lane's access that the machine does not perform.
struct Fault {
  enum class Kind : uint8_t { out_of_bounds, misaligned, read_only };
  Kind kind;
  Request::Kind access;
  ptx::StateSpace space;
  const Operation* operation;
  const Cta* cta;
  uint32_t warp, lane;
  const Buffer* buffer;  // the nearest; null if the address belongs to none
  uint64_t address;
  int64_t offset;  // bytes from the start of `buffer`
};

// A wrong use of barriers by the lanes of one warp.
struct BarrierMisuse {
  enum class Kind : uint8_t { divergent, lane_not_in_mask };
  Kind kind;
  const Operation* operation;
  const Cta* cta;
  uint32_t warp;
  LaneMask lanes;    // that execute it
  LaneMask missing;  // divergent: live lanes that do not; lane_not_in_mask: executing lanes that are not named
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
