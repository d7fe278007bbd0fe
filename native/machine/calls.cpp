// Calls and returns (PTX ISA 7.1, 9.7.12.5, 9.7.12.6). Lanes that call the same function from the same place of the
// same activation share its frame, even if they come one after the other: that is how they meet again inside it.
#include <algorithm>
#include <cstring>

#include "machine/cta.h"
#include "machine/warp.h"

namespace decode_lab::machine {

namespace {

constexpr uint32_t kMostFrames = 1024;  // of one thread, one inside the other
constexpr uint32_t kNoProcedure = ~0u;

uint64_t round_up(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

bool same_bytes(const std::vector<ValuePlace>& a, const std::vector<ValuePlace>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ValuePlace& one, const ValuePlace& other) { return one.bytes == other.bytes; });
}

template <class T>
void broadcast(std::byte* rows, Slot slot, uint64_t value) {
  std::fill_n(reinterpret_cast<T*>(rows + slot), kLanes, static_cast<T>(value));
}

void broadcast(std::byte* rows, Slot slot, uint32_t bits, uint64_t value) {
  if (bits == 1) *reinterpret_cast<LaneMask*>(rows + slot) = value != 0 ? kAllLanes : 0;
  if (bits == 16) broadcast<uint16_t>(rows, slot, value);
  if (bits == 32) broadcast<uint32_t>(rows, slot, value);
  if (bits == 64) broadcast<uint64_t>(rows, slot, value);
}

}  // namespace

const Procedure& Program::procedure_of(uint32_t instruction) const {
  const auto behind =
      std::upper_bound(procedures.begin(), procedures.end(), instruction,
                       [](uint32_t index, const Procedure& procedure) { return index < procedure.first_instruction; });
  return *(behind - 1);
}

// Constants and special registers of a function.
void Warp::fill(std::byte* rows, const Procedure& procedure) {
  for (const ConstantRow& constant : procedure.constants) broadcast(rows, constant.slot, constant.bits, constant.value);
  for (const SpecialRow& special : procedure.specials)
    fill_special_register(*this, special.which, special.bits, rows + special.slot);
  for (const StackRow& row : procedure.stack_rows) broadcast(rows, row.slot, row.bits, row.offset);
}

const RegisterRows& Warp::image(uint32_t procedure) {
  auto& image = images_[procedure];
  if (image == nullptr) {
    const Procedure& of = cta_.grid().program.procedures[procedure];
    image = std::make_unique<RegisterRows>(of.register_bytes);
    fill(image->data(), of);
  }
  return *image;
}

std::byte* Warp::host(const Frame& frame, const ValuePlace& place, uint32_t lane) {
  return place.on_stack ? local_.at(lane, frame.stack_begin + place.at)
                        : frame.rows.data() + place.at + size_t{lane} * place.bytes;
}

// Copies a value for each lane from its place in one frame to its place in another.
void Warp::pass(LaneMask lanes, const Frame& from, const ValuePlace& source, const Frame& to,
                const ValuePlace& destination) {
  for_each_lane(
      lanes, [&](uint32_t lane) { std::memcpy(host(to, destination, lane), host(from, source, lane), source.bytes); });
}

void Warp::give(const ValuePlace& place, uint32_t lane, const void* value) {
  std::memcpy(host(place, lane), value, place.bytes);
}

// The frame that lanes enter by a call; null if their stacks are full.
Frame* Warp::open_frame(Frame& caller, uint32_t call, uint32_t procedure, LaneMask lanes) {
  const Procedure& called = cta_.grid().program.procedures[procedure];
  for (Frame* const frame : caller.callees) {
    if (frame->call != call || frame->procedure != procedure) continue;
    frame->lanes |= lanes;
    local_.forget(lanes, frame->stack_begin, frame->stack_end);
    return frame;
  }
  if (caller.depth + 1 >= kMostFrames) return nullptr;
  const uint64_t begin = round_up(caller.stack_end, called.stack_align), end = begin + called.stack_bytes;
  if (end > kMostLocalBytes) return nullptr;
  if (end > local_.bytes_per_thread()) local_.grow(end, cta_.budget());
  if (!frames_.has_idle(procedure)) cta_.budget().charge_host_bytes(called.register_bytes);
  Frame* const frame = frames_.take(procedure, called.register_bytes);
  frame->caller = &caller;
  frame->call = call;
  frame->depth = caller.depth + 1;
  frame->lanes = lanes;
  frame->stack_begin = begin;
  frame->stack_end = end;
  std::memcpy(frame->rows.data(), image(procedure).data(), called.register_bytes);
  for (const StackRow& row : called.stack_rows) broadcast(frame->rows.data(), row.slot, row.bits, begin + row.offset);
  local_.forget(lanes, begin, end);
  caller.callees.push_back(frame);
  return frame;
}

// The function at an address, if the call may reach it; traps and returns kNoProcedure otherwise.
uint32_t Warp::resolve(const Operation& operation, const CallSite& site, uint64_t address) {
  const Program& program = cta_.grid().program;
  const auto found = program.procedure_at.find(address);
  if (found == program.procedure_at.end()) {
    const auto undefined = program.undefined_at.find(address);
    cta_.trap(operation, undefined == program.undefined_at.end()
                             ? "address " + std::to_string(address) + " is no device function"
                             : "function '" + undefined->second + "' has no body that the entry reaches");
    return kNoProcedure;
  }
  const Procedure& called = program.procedures[found->second];
  const bool listed =
      site.targets.empty() || std::find(site.targets.begin(), site.targets.end(), address) != site.targets.end();
  if (listed && same_bytes(site.arguments, called.parameters) && same_bytes(site.results, called.results))
    return found->second;
  cta_.trap(operation, "function '" + called.function->name +
                           (listed ? "' has other parameters than the call" : "' is not among the call's targets"));
  return kNoProcedure;
}

// Returns whether the split goes on whole, inside the function.
bool Warp::call(size_t at, const Operation& operation, LaneMask active) {
  const CallSite& site = cta_.grid().program.calls[operation.argument];
  const LaneMask whole = splits_[at].lanes;
  if (site.procedure != CallSite::kIndirect) {
    if (active != 0 && !call(at, operation, site, site.procedure, active)) return false;
    if (active != whole) {
      splits_[at].pc++;
      return active == 0;
    }
    return true;
  }
  const uint32_t next = splits_[at].pc + 1;
  for (LaneMask todo = active; todo != 0;) {
    enter(at);
    const auto* const pointers = row<uint64_t>(site.pointer);
    const uint64_t address = pointers[lowest_lane(todo)];
    LaneMask group = 0;
    for_each_lane(todo, [&](uint32_t lane) { group |= pointers[lane] == address ? lane_bit(lane) : 0; });
    todo &= ~group;
    const uint32_t procedure = resolve(operation, site, address);
    if (procedure == kNoProcedure) return false;
    if (!call(at, operation, site, procedure, group)) return false;
    if (group == whole) return true;
  }
  if (active != whole) splits_[at].pc = next;
  return active == 0;
}

// Moves `lanes` of a split into a function; if all of it goes, the split itself. False if the call traps.
bool Warp::call(size_t at, const Operation& operation, const CallSite& site, uint32_t procedure, LaneMask lanes) {
  const Procedure& called = cta_.grid().program.procedures[procedure];
  Frame& caller = *splits_[at].frame;
  Frame* const frame = open_frame(caller, splits_[at].pc, procedure, lanes);
  if (frame == nullptr) {
    cta_.trap(operation, "no room on the stack of a thread for '" + called.function->name + "' (" +
                             std::to_string(kMostFrames) + " calls, " + std::to_string(kMostLocalBytes) + " bytes)");
    return false;
  }
  for (size_t i = 0; i < site.arguments.size(); i++)
    pass(lanes, caller, site.arguments[i], *frame, called.parameters[i]);
  if (lanes == splits_[at].lanes) {
    splits_[at].pc = called.first;
    splits_[at].frame = frame;
    enter(frame);
  } else {
    splits_[at].lanes &= ~lanes;
    splits_.push_back({called.first, lanes, Split::State::runnable, frame});
  }
  return true;
}

void Warp::return_to_caller(size_t at, LaneMask active) {
  Frame& frame = *splits_[at].frame;
  const Program& program = cta_.grid().program;
  const Procedure& called = program.procedures[frame.procedure];
  const LaneMask others = splits_[at].lanes & ~active;
  if (active == 0) return void(splits_[at].pc++);
  if (called.function->never_returns)
    return cta_.trap(program.operations[splits_[at].pc], "'" + called.function->name + "' is .noreturn");
  const CallSite& site = program.calls[program.operations[frame.call].argument];
  for (size_t i = 0; i < site.results.size(); i++)
    pass(active, frame, called.results[i], *frame.caller, site.results[i]);
  const uint32_t next = frame.call + 1;
  Frame* const caller = frame.caller;
  if (others == 0) {
    splits_[at].pc = next;
    splits_[at].frame = caller;
    enter(caller);
  } else {
    splits_[at].lanes = others;
    splits_[at].pc++;
    splits_.push_back({next, active, Split::State::runnable, caller});
  }
  leave(&frame, active);
}

// The lanes are no longer in the frame; the last ones give it back.
void Warp::leave(Frame* frame, LaneMask lanes) {
  frame->lanes &= ~lanes;
  if (frame->lanes != 0 || frame->caller == nullptr) return;
  std::erase(frame->caller->callees, frame);
  frames_.give_back(frame);
}

}  // namespace decode_lab::machine
