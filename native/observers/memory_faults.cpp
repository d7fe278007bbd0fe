#include "observers/memory_faults.h"

#include "machine/cta.h"

namespace decode_lab::observers {

using machine::ByteNotes;
using machine::Request;

namespace {

constexpr ThreadAt kNobody{.cta = 0, .warp = 0, .lane = 0, .instruction = kNoInstruction, .writes = false};

FindingClass class_of(machine::Fault::Kind kind) {
  switch (kind) {
    case machine::Fault::Kind::out_of_bounds:
      return FindingClass::out_of_bounds;
    case machine::Fault::Kind::read_only:
      return FindingClass::read_only;
    case machine::Fault::Kind::misaligned:
      break;
  }
  return FindingClass::misaligned;
}

}  // namespace

void MemoryFaults::fault(const machine::Fault& fault) {
  const FindingClass found = class_of(fault.kind);
  const ThreadAt thread{fault.cta->linear_index(), fault.warp, fault.lane, fault.operation->instruction,
                        fault.access == Request::Kind::store};
  log_.add({found == FindingClass::misaligned ? Check::alignment : Check::bounds, found, thread, kNobody, fault.space,
            fault.buffer != nullptr ? fault.buffer->name : "",
            fault.buffer != nullptr ? fault.offset : static_cast<int64_t>(fault.address),
            fault.operation->memory.bytes(), false});
}

void MemoryFaults::barrier_misuse(const machine::BarrierMisuse& misuse) {
  const bool divergent = misuse.kind == machine::BarrierMisuse::Kind::divergent;
  const uint32_t lane = machine::lowest_lane(divergent ? misuse.lanes : misuse.missing);
  const ThreadAt thread{misuse.cta->linear_index(), misuse.warp, lane, misuse.operation->instruction, false};
  log_.add({Check::barriers, divergent ? FindingClass::divergent_barrier : FindingClass::lane_not_in_mask, thread,
            kNobody, ptx::StateSpace::none, "", 0, 0, false});
}

void Initialised::request(const Request& request) {
  if (request.space == ptx::StateSpace::param || request.space == ptx::StateSpace::constant) return;
  machine::for_each_lane(request.lanes, [&](uint32_t lane) {
    if (request.kind == Request::Kind::load)
      load(request, lane);
    else
      store(request, lane);
  });
}

void Initialised::load(const Request& request, uint32_t lane) {
  machine::Buffer& buffer = *request.buffer[lane];
  const auto& memory = request.operation->memory;
  const uint64_t offset = request.offset[lane];
  buffer.notes.touch(offset);
  buffer.notes.touch(offset + memory.bytes() - 1);
  uint64_t first = 0, bytes = 0;
  for (uint32_t i = 0; i < memory.bytes(); i++) {
    const uint8_t notes = buffer.notes.get(offset + i);
    if ((notes & ByteNotes::kRead) == 0) buffer.notes.set(offset + i, notes | ByteNotes::kRead);
    if ((notes & ByteNotes::kUninitialised) == 0 || (memory.used_bytes_mask >> i & 1) == 0) continue;
    if (bytes++ == 0) first = offset + i;
  }
  if (bytes == 0 || request.space == ptx::StateSpace::local) return;
  const ThreadAt thread{request.cta->linear_index(), request.warp, lane, request.operation->instruction, false};
  log_.add({Check::initialised, FindingClass::uninitialised_read, thread, kNobody, request.space, buffer.name,
            static_cast<int64_t>(first), bytes, false});
}

void Initialised::store(const Request& request, uint32_t lane) {
  machine::Buffer& buffer = *request.buffer[lane];
  const uint64_t offset = request.offset[lane];
  const uint32_t bytes = request.operation->memory.bytes();
  buffer.notes.touch(offset);
  buffer.notes.touch(offset + bytes - 1);
  for (uint32_t i = 0; i < bytes; i++) {
    const uint8_t notes = buffer.notes.get(offset + i);
    buffer.notes.set(offset + i, static_cast<uint8_t>((notes & ~ByteNotes::kUninitialised) | ByteNotes::kWritten));
  }
}

}  // namespace decode_lab::observers
