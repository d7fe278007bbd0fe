#include "machine/memory.h"

#include <cstring>

#include "machine/address_space.h"
#include "machine/cta.h"
#include "machine/resolver.h"
#include "machine/strong_access.h"
#include "machine/warp.h"

namespace decode_lab::machine {

namespace {

using ptx::StateSpace;

bool is_observed(StateSpace space) { return space == StateSpace::global || space == StateSpace::shared; }

void tell_observers(Warp& warp, const Request& request) {
  for (Observer* observer : warp.cta().observers()) observer->request(request);
}

// The lanes of `request` one by one, at element `element` of their access.
std::array<Span, kLanes> spans_of_element(const Request& request, uint32_t element, uint32_t element_bytes) {
  std::array<Span, kLanes> spans;
  size_t count = 0;
  for_each_lane(request.lanes, [&](uint32_t lane) {
    Place place = request.place_of(lane);
    place.offset += uint64_t{element} * element_bytes;
    spans[count++] = {place, lane_bit(lane), false};
  });
  return spans;
}

// A vector of strong accesses is as many scalar ones (PTX ISA 8.2.4).
void note_elements(Warp& warp, const Request& request) {
  const MemoryAccess& memory = request.operation->memory;
  if (memory.count == 1) return note_strong_access(warp, request);
  for (uint32_t element = 0; element < memory.count; element++) {
    Request part = request;
    const auto spans = spans_of_element(request, element, memory.element_bytes);
    part.bytes = memory.element_bytes;
    part.spans = {spans.data(), lane_count(request.lanes)};
    note_strong_access(warp, part);
  }
}

template <class Perform>
void access(Warp& warp, const Operation& operation, LaneMask active, Request::Kind kind, const std::byte* stored,
            Perform&& perform) {
  const uint32_t bytes = operation.memory.bytes();
  Addresses addresses;
  gather_addresses(warp, operation.memory, addresses);
  Resolver resolver(warp, operation, operation.memory.space, addresses, {kind, bytes, bytes});
  for (LaneMask todo = active; todo != 0;) {
    const StateSpace space = resolver.resolve(todo);
    if (resolver.lanes() == 0) continue;
    const Request request{
        kind, space, &operation, &warp.cta(), warp.index(), bytes, resolver.lanes(), resolver.spans(), stored};
    perform(request);
  }
}

// Reads or writes the kernel's memory. Where CTAs of several workers race, their threads do so here, and where an
// observer compares a store with what it replaces: such a run is thrown away.
void move_kernel_bytes(std::byte* to, const std::byte* from, size_t bytes) { std::memcpy(to, from, bytes); }

void copy_in(const Span& span, uint32_t bytes, std::byte* loaded) {
  const std::byte* const from = span.place.buffer->host + span.place.offset;
  if (!span.together) {
    move_kernel_bytes(loaded + size_t{lowest_lane(span.lanes)} * bytes, from, size_t{lane_count(span.lanes)} * bytes);
    return;
  }
  for_each_lane(span.lanes, [&](uint32_t lane) { move_kernel_bytes(loaded + size_t{lane} * bytes, from, bytes); });
}

// Loops walk through memory in even steps: fetches where this load's next step would lead.
void fetch_ahead(Warp& warp, const Request& request) {
  const Span& span = request.spans.front();
  const std::byte* const now = span.place.buffer->host + span.place.offset;
  const std::byte*& latest = warp.latest_load(request.operation->instruction);
  const auto step = reinterpret_cast<intptr_t>(now) - reinterpret_cast<intptr_t>(latest);
  latest = now;
  const auto next = static_cast<uintptr_t>(reinterpret_cast<intptr_t>(now) + step);
  for (uint64_t line = 0; line < span.bytes(request.bytes); line += 64)
    __builtin_prefetch(reinterpret_cast<const void*>(next + line));
}

void copy_out(Warp& warp, const Span& span, uint32_t bytes, const std::byte* stored) {
  Buffer& buffer = *span.place.buffer;
  const uint64_t size = span.bytes(bytes);
  if (buffer.undo) buffer.undo->before_store(span.place.offset, size, warp.cta().budget());
  move_kernel_bytes(buffer.host + span.place.offset, stored + size_t{lowest_lane(span.lanes)} * bytes, size);
}

// Before the bytes move.
[[gnu::cold, gnu::noinline]] void watch_store(Watch& watch, const Request& request) {
  for (const Span& span : request.spans)
    if (std::memcmp(span.place.buffer->host + span.place.offset,
                    request.stored + size_t{lowest_lane(span.lanes)} * request.bytes, span.bytes(request.bytes)) != 0)
      watch.change();
}

[[gnu::cold, gnu::noinline]] void watch_element(Watch& watch, const Request& whole, std::span<const Span> spans,
                                                uint32_t bytes) {
  Request read = whole;
  read.bytes = bytes;
  read.spans = spans;
  watch.note_read(read);
}

}  // namespace

const std::byte* peek(Warp& warp, uint64_t address, uint32_t bytes, uint32_t lane) {
  const StateSpace space = space_of_generic(address);
  const auto where = Resolver::locate(warp, space, address - window_of(space), lane);
  if (where.buffer == nullptr || where.offset < 0 || where.offset > where.limit - static_cast<int64_t>(bytes))
    return nullptr;
  return where.buffer->host + where.host_offset;
}

void load(Warp& warp, const Operation& operation, LaneMask active, LaneBytes& loaded) {
  std::memset(loaded.data(), 0xFF, size_t{kLanes} * operation.memory.bytes());
  access(warp, operation, active, Request::Kind::load, nullptr, [&](const Request& request) {
    if (is_observed(request.space)) {
      tell_observers(warp, request);
      if (warp.cta().watch().is_on()) warp.cta().watch().note_read(request);
    }
    if (request.spans.size() == 1) fetch_ahead(warp, request);
    for (const Span& span : request.spans) copy_in(span, request.bytes, loaded.data());
    if (operation.memory.semantics != Semantics::weak && is_observed(request.space)) note_elements(warp, request);
  });
}

void store(Warp& warp, const Operation& operation, LaneMask active, const LaneBytes& stored) {
  access(warp, operation, active, Request::Kind::store, stored.data(), [&](const Request& request) {
    if (is_observed(request.space)) tell_observers(warp, request);
    if (warp.cta().watch().is_on() && is_observed(request.space)) watch_store(warp.cta().watch(), request);
    for (const Span& span : request.spans) copy_out(warp, span, request.bytes, stored.data());
    if (!is_observed(request.space)) return;
    if (operation.memory.semantics == Semantics::weak)
      note_weak_write(warp, request);
    else
      note_elements(warp, request);
  });
}

namespace {

// Applies one element's modification, then tells: lanes that did not write have only read. Strong accesses are noted in
// the order of the lanes' turns.
void modify_element(Warp& warp, const Request& whole, uint32_t element, Modification& modification) {
  const uint32_t bytes = whole.operation->memory.element_bytes;
  const auto spans = spans_of_element(whole, element, bytes);
  Watch& watch = warp.cta().watch();
  const bool is_watched = watch.is_on();
  if (is_watched) watch_element(watch, whole, {spans.data(), lane_count(whole.lanes)}, bytes);
  std::array<Span, kLanes> reads, writes;
  LaneMask read_lanes = 0, written_lanes = 0;
  size_t read_count = 0, write_count = 0;
  for (size_t i = 0; i < lane_count(whole.lanes); i++) {
    Buffer& buffer = *spans[i].place.buffer;
    if (buffer.undo) buffer.undo->before_store(spans[i].place.offset, bytes, warp.cta().budget());
    std::byte* const at = buffer.host + spans[i].place.offset;
    std::array<std::byte, kMostBytesPerLane> before;
    if (is_watched) std::memcpy(before.data(), at, bytes);
    const bool wrote = modification.apply(lowest_lane(spans[i].lanes), element, whole.space, at);
    if (is_watched && std::memcmp(before.data(), at, bytes) != 0) watch.change();
    (wrote ? writes[write_count++] : reads[read_count++]) = spans[i];
    (wrote ? written_lanes : read_lanes) |= spans[i].lanes;
  }
  std::array<Request, 2> parts{whole, whole};  // [wrote]
  for (const bool wrote : {true, false}) {
    Request& part = parts[wrote];
    part.kind = wrote ? Request::Kind::read_modify_write : Request::Kind::load;
    part.bytes = bytes;
    part.lanes = wrote ? written_lanes : read_lanes;
    part.spans = {(wrote ? writes : reads).data(), wrote ? write_count : read_count};
    if (part.lanes == 0) continue;
    tell_observers(warp, part);
  }
  for_each_lane(whole.lanes, [&](uint32_t lane) {
    Request turn = parts[(written_lanes & lane_bit(lane)) != 0];
    turn.lanes = lane_bit(lane);
    note_strong_access(warp, turn);
  });
}

}  // namespace

void read_modify_write(Warp& warp, const Operation& operation, LaneMask active, Modification& modification) {
  access(warp, operation, active, Request::Kind::read_modify_write, nullptr, [&](const Request& request) {
    for (uint32_t element = 0; element < operation.memory.count; element++)
      modify_element(warp, request, element, modification);
  });
}

}  // namespace decode_lab::machine
