#include "machine/asynchronous_copies.h"

#include <algorithm>
#include <cstring>

#include "machine/cta.h"
#include "machine/resolver.h"
#include "machine/warp.h"

namespace decode_lab::machine {

namespace {

void tell_observers(Warp& warp, const Request& request) {
  for (Observer* observer : warp.cta().observers()) observer->request(request);
}

}  // namespace

void AsynchronousCopies::read_source(Warp& warp, const Operation& operation, LaneMask active,
                                     const std::array<uint32_t, kLanes>& source_bytes, Copy& copy) const {
  Addresses addresses;
  gather_addresses(warp, operation.source, addresses);
  for (LaneMask todo = active; todo != 0;) {
    const uint32_t bytes = source_bytes[lowest_lane(todo)];
    LaneMask alike = 0;
    for_each_lane(todo, [&](uint32_t lane) { alike |= source_bytes[lane] == bytes ? lane_bit(lane) : 0; });
    todo &= ~alike;
    if (bytes == 0) continue;
    Resolver resolver(warp, operation, operation.source.space, addresses, {Request::Kind::load, bytes, copy.bytes});
    while (alike != 0) {
      const auto space = resolver.resolve(alike);
      if (resolver.lanes() == 0) continue;
      tell_observers(warp, {Request::Kind::load, space, &operation, &warp.cta(), warp.index(), bytes, resolver.lanes(),
                            resolver.spans(), nullptr, copy.id});
      for (const Span& span : resolver.spans())
        for_each_lane(span.lanes, [&](uint32_t lane) {
          std::memcpy(copy.data.data() + size_t{lane} * copy.bytes,
                      span.place.buffer->host + span.offset_of(lane, bytes), bytes);
        });
    }
  }
}

void AsynchronousCopies::find_destination(Warp& warp, const Operation& operation, LaneMask active, Copy& copy) const {
  Addresses addresses;
  gather_addresses(warp, operation.memory, addresses);
  Resolver resolver(warp, operation, operation.memory.space, addresses, {Request::Kind::store, copy.bytes, copy.bytes});
  const auto space = resolver.resolve(active);
  copy.lanes = resolver.lanes();
  if (copy.lanes == 0) return;
  tell_observers(warp, {Request::Kind::store, space, &operation, &warp.cta(), warp.index(), copy.bytes, copy.lanes,
                        resolver.spans(), copy.data.data(), copy.id});
  for (const Span& span : resolver.spans())
    for_each_lane(span.lanes,
                  [&](uint32_t lane) { copy.to[lane] = span.place.buffer->host + span.offset_of(lane, copy.bytes); });
}

void AsynchronousCopies::issue(Warp& warp, const Operation& operation, LaneMask active,
                               const std::array<uint32_t, kLanes>& source_bytes) {
  Copy& copy = copies_.emplace_back();
  changes_++;
  copy.id = warp.cta().order().issue_copy(active);
  copy.bytes = operation.memory.bytes();
  copy.group = group_;
  copy.data.fill(std::byte{0});
  read_source(warp, operation, active, source_bytes, copy);
  find_destination(warp, operation, active, copy);
  if (copy.lanes == 0) copies_.pop_back();
}

void AsynchronousCopies::commit_group(LaneMask lanes) {
  if (!copies_.empty()) changes_++;
  for_each_lane(lanes, [&](uint32_t lane) { group_[lane]++; });
}

template <class Completed>
void AsynchronousCopies::finish(LaneMask lanes, const std::array<uint32_t, kLanes>& groups, Completed&& completed) {
  for (Copy& copy : copies_) {
    LaneMask done = 0;
    for_each_lane(copy.lanes & lanes, [&](uint32_t lane) {
      if (copy.group[lane] >= groups[lane]) return;
      std::memcpy(copy.to[lane], copy.data.data() + size_t{lane} * copy.bytes, copy.bytes);
      done |= lane_bit(lane);
    });
    copy.lanes &= ~done;
    if (done == 0) continue;
    changes_++;
    completed(copy.id, done);
  }
  std::erase_if(copies_, [](const Copy& copy) { return copy.lanes == 0; });
}

void AsynchronousCopies::wait_group(Warp& warp, LaneMask lanes, uint32_t pending) {
  std::array<uint32_t, kLanes> groups;
  for (uint32_t lane = 0; lane < kLanes; lane++) groups[lane] = group_[lane] - std::min(group_[lane], pending);
  finish(lanes, groups, [&](uint32_t id, LaneMask done) { warp.cta().order().wait_copy(id, warp.index(), done); });
}

void AsynchronousCopies::wait_all(Warp& warp, LaneMask lanes) {
  commit_group(lanes);
  wait_group(warp, lanes, 0);
}

Knowledge AsynchronousCopies::complete(Warp& warp, uint32_t lane) {
  std::array<uint32_t, kLanes> groups;
  groups.fill(group_[lane] + 1);
  Knowledge told;
  finish(lane_bit(lane), groups,
         [&](uint32_t id, LaneMask) { told.join(warp.cta().order().complete_copy(id, warp.index(), lane)); });
  return told;
}

void AsynchronousCopies::clear() {
  copies_.clear();
  group_.fill(0);
}

}  // namespace decode_lab::machine
