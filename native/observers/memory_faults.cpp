#include "observers/memory_faults.h"

#include <utility>

#include "machine/cta.h"

namespace decode_lab::observers {

using machine::Request;

namespace {

constexpr ThreadAt kNobody{.cta = 0, .warp = 0, .lane = 0, .instruction = kNoInstruction, .writes = false};

FindingClass class_of(machine::Fault::Kind kind) {
  switch (kind) {
    case machine::Fault::Kind::out_of_bounds:
      return FindingClass::out_of_bounds;
    case machine::Fault::Kind::read_only:
      return FindingClass::read_only;
    case machine::Fault::Kind::wrong_space:
      return FindingClass::wrong_space;
    case machine::Fault::Kind::misaligned:
      break;
  }
  return FindingClass::misaligned;
}

FindingClass class_of(machine::BarrierMisuse::Kind kind) {
  switch (kind) {
    case machine::BarrierMisuse::Kind::divergent:
      return FindingClass::divergent_barrier;
    case machine::BarrierMisuse::Kind::reused_early:
      return FindingClass::barrier_reused_early;
    case machine::BarrierMisuse::Kind::mixed_forms:
      return FindingClass::mixed_barrier_forms;
    case machine::BarrierMisuse::Kind::lane_not_in_mask:
      break;
  }
  return FindingClass::lane_not_in_mask;
}

}  // namespace

void MemoryFaults::fault(const machine::Fault& fault) {
  const FindingClass found = class_of(fault.kind);
  const ThreadAt thread{fault.cta->linear_index(), fault.warp, fault.lane, fault.operation->instruction, fault.writes};
  log_.add({found == FindingClass::misaligned ? Check::alignment : Check::bounds, found, thread, kNobody, fault.space,
            fault.buffer != nullptr ? fault.buffer->name : "",
            fault.buffer != nullptr ? fault.offset : static_cast<int64_t>(fault.address), fault.bytes, false});
}

void MemoryFaults::barrier_misuse(const machine::BarrierMisuse& misuse) {
  const auto lanes = misuse.kind == machine::BarrierMisuse::Kind::lane_not_in_mask ? misuse.missing : misuse.lanes;
  const auto thread_at = [&](const machine::BarrierMisuse::Lanes& at) {
    return ThreadAt{misuse.cta->linear_index(), at.warp, machine::lowest_lane(at.lanes), at.operation->instruction,
                    false};
  };
  ThreadAt first = thread_at({misuse.operation, misuse.warp, lanes});
  ThreadAt second = misuse.other.operation == nullptr ? kNobody : thread_at(misuse.other);
  if (second.instruction < first.instruction) std::swap(first, second);
  log_.add({Check::barriers, class_of(misuse.kind), first, second, ptx::StateSpace::none, "", 0, 0, false});
}

void Initialised::request(const Request& request) {
  if (request.is_scattered() && request.space == ptx::StateSpace::global) {
    for (const machine::Span& span : request.spans) {
      const machine::Buffer& buffer = *span.place.buffer;
      (request.writes() ? buffer.written : buffer.read).fetch(span.place.offset);
    }
  }
  for (const machine::Span& span : request.spans) {
    machine::Buffer& buffer = *span.place.buffer;
    const uint64_t begin = span.place.offset, end = begin + span.bytes(request.bytes);
    if (request.kind != Request::Kind::store) {
      if (!buffer.holds(begin, end)) look_closer(request, span);
      if (request.space == ptx::StateSpace::global) buffer.read.add(begin, end);
    }
    if (request.writes()) buffer.written.add(begin, end);
  }
}

// Some byte of the span was never written; does the program depend on it?
void Initialised::look_closer(const Request& request, const machine::Span& span) {
  const machine::Buffer& buffer = *span.place.buffer;
  machine::for_each_lane(span.lanes, [&](uint32_t lane) {
    const uint64_t offset = span.offset_of(lane, request.bytes);
    uint64_t first = 0, bytes = 0;
    for (uint32_t i = 0; i < request.bytes; i++) {
      if (buffer.holds(offset + i) || (request.operation->memory.used_bytes_mask >> i & 1) == 0) continue;
      if (bytes++ == 0) first = offset + i;
    }
    if (bytes == 0) return;
    const ThreadAt thread{request.cta->linear_index(), request.warp, lane, request.operation->instruction, false};
    log_.add({Check::initialised, FindingClass::uninitialised_read, thread, kNobody, request.space, buffer.name,
              static_cast<int64_t>(first), bytes, false});
  });
}

}  // namespace decode_lab::observers
