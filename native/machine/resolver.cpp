#include "machine/resolver.h"

#include "machine/address_space.h"
#include "machine/cta.h"
#include "machine/warp.h"

namespace decode_lab::machine {

using ptx::StateSpace;

void gather_addresses(Warp& warp, const MemoryAccess& access, Addresses& addresses) {
  const auto offset = static_cast<uint64_t>(access.offset);
  if (access.address == kNoSlot) return addresses.fill(offset);
  if (access.address_bits == 32) {
    const auto* const row = warp.row<uint32_t>(access.address);
    for (uint32_t lane = 0; lane < kLanes; lane++) addresses[lane] = row[lane] + static_cast<uint32_t>(offset);
  } else {
    const auto* const row = warp.row<uint64_t>(access.address);
    for (uint32_t lane = 0; lane < kLanes; lane++) addresses[lane] = row[lane] + offset;
  }
}

Resolver::Where Resolver::locate(Warp& warp, StateSpace space, uint64_t address, uint32_t lane) {
  Cta& cta = warp.cta();
  // An address of 32 bits that wrapped around lies before its window.
  const int64_t offset =
      address >> 32 == 0 && space != StateSpace::global ? static_cast<int32_t>(address) : static_cast<int64_t>(address);
  auto whole = [&](Buffer& buffer) -> Where { return {&buffer, offset, static_cast<int64_t>(buffer.size), address}; };
  switch (space) {
    case StateSpace::shared:
      return whole(cta.shared());
    case StateSpace::local: {
      LocalMemory& local = warp.local();
      return {&local.buffer(), offset, static_cast<int64_t>(warp.stack_end()),
              address + lane * local.bytes_per_thread()};
    }
    case StateSpace::constant:
      return whole(cta.grid().constant);
    case StateSpace::param:
      return whole(cta.parameters());
    default:
      break;
  }
  auto& buffers = cta.grid().global;
  const uint64_t region = address >> kRegionBits;
  if (region == 0 || region > buffers.size()) return {nullptr, 0, 0, 0};
  Buffer& buffer = buffers[region - 1];
  address -= buffer.base;
  return {&buffer, static_cast<int64_t>(address), static_cast<int64_t>(buffer.size), address};
}

void Resolver::fault(Fault::Kind kind, StateSpace space, const Where& where, uint32_t lane) const {
  const Fault fault{kind,
                    reach_.kind != Request::Kind::load,
                    space,
                    &operation_,
                    &warp_.cta(),
                    warp_.index(),
                    lane,
                    where.buffer,
                    addresses_[lane],
                    where.offset,
                    kind == Fault::Kind::misaligned ? reach_.alignment : reach_.bytes};
  for (Observer* observer : warp_.cta().observers()) observer->fault(fault);
}

// Generic addresses of atom and red may point into global and shared memory (PTX ISA 9.7.13.5, 9.7.13.6), those of
// vectors and of mbarriers into one of them.
bool Resolver::takes(StateSpace space) const {
  if (operation_.memory.only != StateSpace::none) return space == operation_.memory.only;
  return space != StateSpace::local || reach_.kind != Request::Kind::read_modify_write;
}

// All lanes side by side or at one address, within one buffer and aligned: one span, without a look at each lane.
bool Resolver::resolve_pattern(StateSpace space, LaneMask active) {
  const bool writes = reach_.kind != Request::Kind::load;
  if (space == StateSpace::local || (writes && space != StateSpace::shared && space != StateSpace::global))
    return false;
  if (!takes(space)) return false;
  const uint32_t first = lowest_lane(active);
  const uint64_t address = addresses_[first];
  const LaneMask shifted = active >> first;
  uint64_t apart = 0, differ = 0;
  for (uint32_t lane = 0; lane < kLanes; lane++) {
    const uint64_t counts = (active >> lane & 1) != 0 ? ~uint64_t{0} : 0;
    apart |= (addresses_[lane] - (address + uint64_t{lane - first} * reach_.bytes)) & counts;
    differ |= (addresses_[lane] - address) & counts;
  }
  const bool together = differ == 0 && (active & (active - 1)) != 0;
  if (!together && (apart != 0 || (shifted & (shifted + 1)) != 0)) return false;
  if (together ? reach_.kind == Request::Kind::store : reach_.bytes % reach_.alignment != 0) return false;
  const bool is_generic = space_ == StateSpace::generic;
  const Where where = locate(warp_, space, is_generic ? address - window_of(space) : address, first);
  const uint64_t bytes = together ? reach_.bytes : uint64_t{lane_count(active)} * reach_.bytes;
  if (where.buffer == nullptr || where.offset < 0 || where.limit < static_cast<int64_t>(bytes) ||
      where.offset > where.limit - static_cast<int64_t>(bytes) || address % reach_.alignment != 0)
    return false;
  lanes_ = active;
  spans_[0] = {{where.buffer, where.host_offset}, active, together};
  count_ = 1;
  return true;
}

void Resolver::append(uint32_t lane, Place place) {
  lanes_ |= lane_bit(lane);
  if (count_ != 0) {
    Span& last = spans_[count_ - 1];
    const bool follows = !last.together && last.place.buffer == place.buffer && lane > 0 &&
                         (last.lanes >> (lane - 1) & 1) != 0 &&
                         place.offset == last.place.offset + last.bytes(reach_.bytes);
    if (follows) return void(last.lanes |= lane_bit(lane));
  }
  spans_[count_++] = {place, lane_bit(lane), false};
}

void Resolver::resolve_lane(StateSpace space, uint32_t lane) {
  const uint64_t address = addresses_[lane];
  const bool is_generic = space_ == StateSpace::generic;
  const Where where = locate(warp_, space, is_generic ? address - window_of(space) : address, lane);
  const bool writes = reach_.kind != Request::Kind::load;
  if (where.buffer == nullptr || where.offset < 0 || where.offset > where.limit - static_cast<int64_t>(reach_.bytes))
    return fault(Fault::Kind::out_of_bounds, space, where, lane);
  if (writes && (space == StateSpace::param || space == StateSpace::constant))
    return fault(Fault::Kind::read_only, space, where, lane);
  if (!takes(space)) return fault(Fault::Kind::wrong_space, space, where, lane);
  if (address % reach_.alignment != 0) return fault(Fault::Kind::misaligned, space, where, lane);
  append(lane, {where.buffer, where.host_offset});
}

StateSpace Resolver::resolve(LaneMask& todo) {
  StateSpace space = space_;
  lanes_ = 0;
  count_ = 0;
  LaneMask active = todo;
  if (space == StateSpace::generic) {
    space = space_of_generic(addresses_[lowest_lane(todo)]);
    for_each_lane(todo, [&](uint32_t lane) {
      if (space_of_generic(addresses_[lane]) != space) active &= ~lane_bit(lane);
    });
  }
  todo &= ~active;
  if (!resolve_pattern(space, active)) for_each_lane(active, [&](uint32_t lane) { resolve_lane(space, lane); });
  return space;
}

}  // namespace decode_lab::machine
