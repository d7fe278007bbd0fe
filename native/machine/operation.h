// The executable form of one instruction.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "machine/lane_mask.h"
#include "machine/register_file.h"
#include "ptx/types.h"

namespace decode_lab::machine {

class Warp;
struct Operation;
using Handler = void (*)(Warp&, const Operation&, LaneMask active);
// One bit per lane; of packed pairs the upper elements' lanes are the upper 32 bits.
using Comparison = uint64_t (*)(Warp&, const Operation&);

// What a store's elements are known to be, by its type or by the instructions that computed them.
enum class StoredNumbers : uint8_t { unknown, half, half_pair, single_precision, double_precision };

// How an access takes part in the memory model (PTX ISA 8.4, 8.5). A volatile access is relaxed at system scope.
enum class Semantics : uint8_t { weak, relaxed, acquire, release, acquire_release };
enum class Scope : uint8_t { cta, gpu };  // a cluster is one CTA here, the system is one GPU

inline bool acquires(Semantics semantics) {
  return semantics == Semantics::acquire || semantics == Semantics::acquire_release;
}
inline bool releases(Semantics semantics) {
  return semantics == Semantics::release || semantics == Semantics::acquire_release;
}

// What a load or store moves; element i of a vector is slots[i], the address is `address` + `offset`.
struct MemoryAccess {
  ptx::StateSpace space;
  uint8_t element_bytes;
  uint8_t count;           // elements per lane
  uint8_t register_bytes;  // width of one element's register
  bool sign_extend;
  bool non_coherent;  // ld.global.nc
  Semantics semantics;
  Scope scope;
  bool in_pattern;        // of a relaxed access: part of a release or acquire pattern of several instructions
  ptx::StateSpace only;   // the one space that a generic address may point into, where the instruction is for it alone
  bool is_reduction;      // red: forms no acquire pattern (PTX ISA 8.11.1)
  StoredNumbers numbers;  // of a store's elements
  bool reduced;  // store: every element went through an exchange between lanes (shfl.bfly), as sums of a warp do
  Slot address;  // kNoSlot: `offset` alone
  uint8_t address_bits;      // width of the address register: 32 or 64
  int64_t offset;            // bytes
  uint32_t used_bytes_mask;  // bytes of the load that the program depends on
  uint32_t bytes() const { return uint32_t{element_bytes} * count; }
};

// How lanes use a barrier of their CTA (PTX ISA 9.7.13.1) or cluster (9.7.13.3).
enum class BarrierForm : uint8_t {
  sync,
  arrive,
  red_popc,
  red_and,
  red_or,
  cluster_arrive,
  cluster_arrive_relaxed,
  cluster_wait
};
inline constexpr bool is_reduction(BarrierForm form) {
  return form == BarrierForm::red_popc || form == BarrierForm::red_and || form == BarrierForm::red_or;
}
inline constexpr bool is_of_cluster(BarrierForm form) { return form >= BarrierForm::cluster_arrive; }

struct Operation {
  enum class Kind : uint8_t {
    lanewise,        // `run` on the active lanes
    branch,          // to `target`
    branch_indexed,  // to branch_tables[argument][row of slots[0]]
    call,            // calls[argument]
    ret,
    exit,
    cta_barrier,      // argument: BarrierForm; slots: barrier id, thread count or kNoSlot, .red: d and c
    warp_convergent,  // `run` once all lanes of the membermask (slot) have come
    warp_barrier,     // bar.warp.sync: the same, and orders memory
    built_in,         // `run`, which may end the launch
    trap
  };
  Handler run = nullptr;
  Handler contribute = nullptr;  // warp_convergent: what the lanes give to Warp::exchange(), before `run`
  Kind kind = Kind::lanewise;
  bool aligned = true;  // cta_barrier: the whole warp executes it together
  bool guard_negated = false;
  bool source_negated = false;  // the predicate operand is written !q
  Slot guard = kNoSlot;
  uint32_t instruction = 0;  // index into Program::instructions
  uint32_t target = 0;
  uint32_t argument = 0;            // an immediate of the instruction, e.g. the truth table of lop3
  Comparison comparison = nullptr;  // setp, set
  Slot membermask = kNoSlot;
  std::array<Slot, 16> slots{};  // destinations first, then sources
  std::vector<Slot> registers;   // of the matrix instructions, whose fragments are longer: d, a, b, c
  MemoryAccess memory{};
  MemoryAccess source{};  // of a copy from memory to memory
};

}  // namespace decode_lab::machine
