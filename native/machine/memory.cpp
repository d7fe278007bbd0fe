#include "machine/memory.h"

#include <cstring>

#include "machine/cta.h"
#include "machine/warp.h"

namespace decode_lab::machine {

namespace {

using ptx::StateSpace;

struct Place {
  StateSpace space;
  Buffer* buffer;  // null: the address belongs to no buffer
  int64_t offset;  // bytes from the start of the buffer
  int64_t limit;   // bytes of the buffer that this lane may use, counted from offset 0
  int64_t host_offset;
};

Place locate_global(Warp& warp, uint64_t address) {
  auto& buffers = warp.cta().grid().global;
  const uint64_t region = address >> kRegionBits;
  if (region == 0 || region > buffers.size()) return {StateSpace::global, nullptr, 0, 0, 0};
  Buffer& buffer = buffers[region - 1];
  const auto offset = static_cast<int64_t>(address - buffer.base);
  return {StateSpace::global, &buffer, offset, static_cast<int64_t>(buffer.size), offset};
}

Place locate(Warp& warp, StateSpace space, uint64_t address, uint32_t lane) {
  if (space == StateSpace::generic) {
    space = space_of_generic(address);
    address -= window_of(space);
  }
  const auto offset = static_cast<int64_t>(address);
  switch (space) {
    case StateSpace::shared: {
      Buffer& shared = warp.cta().shared();
      return {space, &shared, offset, static_cast<int64_t>(shared.size), offset};
    }
    case StateSpace::local: {
      const auto bytes = static_cast<int64_t>(warp.cta().grid().program.local_bytes);
      return {space, &warp.local(), offset, bytes, static_cast<int64_t>(address + lane * static_cast<uint64_t>(bytes))};
    }
    case StateSpace::constant: {
      Buffer& constant = warp.cta().grid().constant;
      return {space, &constant, offset, static_cast<int64_t>(constant.size), offset};
    }
    case StateSpace::param: {
      Buffer& parameters = warp.cta().parameters();
      return {space, &parameters, offset, static_cast<int64_t>(parameters.size), offset};
    }
    default:
      return locate_global(warp, address);
  }
}

uint64_t lane_address(Warp& warp, const MemoryAccess& access, uint32_t lane) {
  if (access.address == kNoSlot) return static_cast<uint64_t>(access.offset);
  if (access.address_bits == 32)
    return static_cast<uint32_t>(warp.registers().row<uint32_t>(access.address)[lane] +
                                 static_cast<uint32_t>(access.offset));
  return warp.registers().row<uint64_t>(access.address)[lane] + static_cast<uint64_t>(access.offset);
}

// One request per state space that the active lanes touch; almost always one.
class RequestBuilder {
 public:
  RequestBuilder(Warp& warp, const Operation& operation, Request::Kind kind, const LaneBytes* stored)
      : warp_(warp), operation_(operation), kind_(kind), stored_(stored) {}

  template <class Perform>
  void run(LaneMask active, Perform&& perform) {
    for (LaneMask todo = active; todo != 0;) {
      Request request{};
      request.kind = kind_;
      request.operation = &operation_;
      request.cta = &warp_.cta();
      request.warp = warp_.index();
      request.stored = stored_ != nullptr ? stored_->data() : nullptr;
      todo = gather(request, todo);
      if (request.lanes == 0) continue;
      for (Observer* observer : warp_.cta().observers()) observer->request(request);
      perform(request);
    }
  }

 private:
  // Fills the request with the lanes of the first lane's space; returns the lanes that are left.
  LaneMask gather(Request& request, LaneMask todo) {
    const MemoryAccess& access = operation_.memory;
    const auto bytes = static_cast<int64_t>(access.bytes());
    bool first = true;
    LaneMask left = 0;
    for_each_lane(todo, [&](uint32_t lane) {
      const uint64_t address = lane_address(warp_, access, lane);
      const Place place = locate(warp_, access.space, address, lane);
      if (first) request.space = place.space;
      first = false;
      if (place.space != request.space) {
        left |= lane_bit(lane);
      } else if (place.buffer == nullptr || place.offset < 0 || place.offset > place.limit - bytes) {
        fault(Fault::Kind::out_of_bounds, place, address, lane);
      } else if (kind_ == Request::Kind::store &&
                 (place.space == StateSpace::param || place.space == StateSpace::constant)) {
        fault(Fault::Kind::read_only, place, address, lane);
      } else if (address % static_cast<uint64_t>(bytes) != 0) {
        fault(Fault::Kind::misaligned, place, address, lane);
      } else {
        request.lanes |= lane_bit(lane);
        request.buffer[lane] = place.buffer;
        request.offset[lane] = static_cast<uint64_t>(place.host_offset);
      }
    });
    return left;
  }

  void fault(Fault::Kind kind, const Place& place, uint64_t address, uint32_t lane) {
    const Fault fault{kind,          kind_, place.space,  &operation_, &warp_.cta(),
                      warp_.index(), lane,  place.buffer, address,     place.offset};
    for (Observer* observer : warp_.cta().observers()) observer->fault(fault);
  }

  Warp& warp_;
  const Operation& operation_;
  Request::Kind kind_;
  const LaneBytes* stored_;
};

}  // namespace

StateSpace space_of_generic(uint64_t address) {
  if (address >> kRegionBits != 0) return StateSpace::global;
  switch (address & ~uint64_t{0xFFFFFFFF}) {
    case kSharedWindow:
      return StateSpace::shared;
    case kLocalWindow:
      return StateSpace::local;
    case kConstantWindow:
      return StateSpace::constant;
    case kParameterWindow:
      return StateSpace::param;
    default:
      return StateSpace::global;
  }
}

void load(Warp& warp, const Operation& operation, LaneMask active, LaneBytes& loaded) {
  const uint32_t bytes = operation.memory.bytes();
  std::memset(loaded.data(), 0xFF, size_t{kLanes} * bytes);
  RequestBuilder(warp, operation, Request::Kind::load, nullptr).run(active, [&](const Request& request) {
    for_each_lane(request.lanes, [&](uint32_t lane) {
      std::memcpy(loaded.data() + size_t{lane} * bytes, request.buffer[lane]->host + request.offset[lane], bytes);
    });
  });
}

void store(Warp& warp, const Operation& operation, LaneMask active, const LaneBytes& stored) {
  const uint32_t bytes = operation.memory.bytes();
  RequestBuilder(warp, operation, Request::Kind::store, &stored).run(active, [&](const Request& request) {
    for_each_lane(request.lanes, [&](uint32_t lane) {
      Buffer& buffer = *request.buffer[lane];
      if (buffer.undo) buffer.undo->before_store(request.offset[lane], bytes);
      std::memcpy(buffer.host + request.offset[lane], stored.data() + size_t{lane} * bytes, bytes);
    });
  });
}

}  // namespace decode_lab::machine
