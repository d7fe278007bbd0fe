// cp.async.{ca,cg}.shared{::cta}.global{.level::cache_hint}{.level::prefetch_size} [dst], [src], cp-size{, src-size}{,
// policy} cp.async.commit_group; cp.async.wait_group N; cp.async.wait_all; cp.async.mbarrier.arrive{.noinc}{.ss}.b64
// [addr] (PTX ISA 9.7.9.25.3, 9.7.13.15.15). Instead of src-size a predicate may say that the source is ignored.
// Deviation: an mbarrier is told at once, since the machine completes the thread's copies then. cp.async.bulk is
// refused.
#include "instructions/data_movement/memory_operand.h"
#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/synchronization/mbarrier.h"
#include "machine/asynchronous_copies.h"
#include "machine/cta.h"

namespace decode_lab::instructions {

namespace {

constexpr ptx::Type kU32{ptx::TypeClass::unsigned_integer, 32};

// slots: src-size, predicate that ignores the source; kNoSlot where not given.
void run_copy(Warp& warp, const Operation& operation, LaneMask active) {
  std::array<uint32_t, kLanes> bytes;
  bytes.fill(operation.memory.bytes());
  if (operation.slots[0] != machine::kNoSlot) {
    const auto* const sizes = warp.row<uint32_t>(operation.slots[0]);
    for (uint32_t lane = 0; lane < kLanes; lane++) bytes[lane] = std::min(bytes[lane], sizes[lane]);
  }
  if (operation.slots[1] != machine::kNoSlot) {
    const LaneMask predicate = warp.registers().predicate(operation.slots[1]);
    const LaneMask ignored = operation.source_negated ? ~predicate : predicate;
    machine::for_each_lane(ignored, [&](uint32_t lane) { bytes[lane] = 0; });
  }
  warp.cta().copies(warp.index()).issue(warp, operation, active, bytes);
}

void run_commit_group(Warp& warp, const Operation&, LaneMask active) {
  warp.cta().copies(warp.index()).commit_group(active);
}

void run_wait_group(Warp& warp, const Operation& operation, LaneMask active) {
  warp.cta().copies(warp.index()).wait_group(warp, active, operation.argument);
}

void run_wait_all(Warp& warp, const Operation&, LaneMask active) {
  warp.cta().copies(warp.index()).wait_all(warp, active);
}

void bind_source_size(Decoding& decoding, size_t operands) {
  auto& operation = decoding.operation;
  operation.slots[0] = operation.slots[1] = machine::kNoSlot;
  if (operands == 3) return;
  const ptx::Operand& size = decoding.operand(3);
  const bool is_predicate =
      size.kind == ptx::Operand::Kind::reg && decoding.layout().declaration(size.reg).type == ptx::kPredicate;
  if (size.kind == ptx::Operand::Kind::immediate && size.bits > operation.memory.bytes())
    decoding.invalid("copies " + std::to_string(size.bits) + " of " + std::to_string(operation.memory.bytes()) +
                     " bytes");
  if (is_predicate)
    operation.slots[1] = decoding.predicate(3, operation.source_negated);
  else
    operation.slots[0] = decoding.source(3, kU32);
}

void decode_copy(Decoding& decoding) {
  const size_t operands = take_cache_policy(decoding);
  if (operands != 3 && operands != 4) decoding.require_operands(3, 4);
  const bool bypasses_l1 = decoding.take("cg");
  if (!bypasses_l1 && !decoding.take("ca")) decoding.refuse("");
  if (!decoding.take("shared") && !decoding.take("shared::cta")) decoding.refuse("without .shared");
  if (!decoding.take("global")) decoding.refuse("without .global");
  take_prefetch_size(decoding);
  const uint64_t bytes = decoding.immediate(2);
  if (bytes != 16 && (bypasses_l1 || (bytes != 4 && bytes != 8)))
    decoding.invalid("copies " + std::to_string(bytes) + " bytes (" + (bypasses_l1 ? "16" : "4, 8 or 16") + " are)");
  auto& operation = decoding.operation;
  operation.memory.space = ptx::StateSpace::shared;
  operation.source.space = ptx::StateSpace::global;
  for (machine::MemoryAccess* access : {&operation.memory, &operation.source}) {
    access->element_bytes = static_cast<uint8_t>(bytes);
    access->count = 1;
    access->used_bytes_mask = ~0u;
  }
  bind_address(decoding, decoding.operand(0), operation.memory);
  bind_address(decoding, decoding.operand(1), operation.source);
  bind_source_size(decoding, operands);
  operation.run = &run_copy;
}

}  // namespace

void decode_cp(Decoding& decoding) {
  if (!decoding.take("async")) decoding.refuse("");
  decoding.require_target(80);
  if (decoding.take("mbarrier")) return decode_copies_arrive(decoding);
  const std::string group = decoding.take_one_of({"commit_group", "wait_group", "wait_all"});
  if (group.empty()) return decode_copy(decoding);
  decoding.require_operands(group == "wait_group" ? 1 : 0);
  if (group == "wait_group")
    decoding.operation.argument = static_cast<uint32_t>(std::min<uint64_t>(decoding.immediate(0), 0xFFFFFFFF));
  decoding.operation.run = group == "commit_group" ? &run_commit_group
                           : group == "wait_group" ? &run_wait_group
                                                   : &run_wait_all;
}

}  // namespace decode_lab::instructions
