// What strong accesses do beside moving bytes: release and acquire patterns (PTX ISA 8.8, 8.9.2) of one request.
#pragma once
#include "machine/observation_order.h"
#include "machine/observer.h"

namespace decode_lab::machine {

class Warp;

// After the bytes have moved. A request of strong loads, stores or read-modify-writes, lane after lane.
void note_strong_access(Warp& warp, const Request& request);
// A weak write ends what strong writes at these bytes had told, and the mbarriers that they were.
void note_weak_write(Warp& warp, const Request& request);

enum class FenceKind : uint8_t { acquire, release, acquire_release, sequentially_consistent };
void fence(Warp& warp, LaneMask active, FenceKind kind, Scope scope);

}  // namespace decode_lab::machine
