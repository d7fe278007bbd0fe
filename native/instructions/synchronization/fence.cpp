// fence{.sem}.scope; fence.mbarrier_init.release.cluster; fence.proxy.kind; membar.level; membar.proxy.kind
// (PTX ISA 9.7.13.4). membar is fence.sc. Every access of this machine goes through the generic proxy, so proxy fences
// order nothing; .mbarrier_init tells other CTAs of a cluster alone and orders nothing here. Deviations:
// .sync_restrict, and proxy fences of one direction, are refused; .acquire and .release run on every target, as ptxas
// takes them, not from sm_90 on.
#include "instructions/data_movement/memory_operand.h"
#include "instructions/decoders.h"
#include "machine/strong_access.h"
#include "machine/warp.h"

namespace decode_lab::instructions {

namespace {

using machine::FenceKind;
using machine::LaneMask;
using machine::Operation;
using machine::Scope;
using machine::Warp;

void run_fence(Warp& warp, const Operation& operation, LaneMask active) {
  machine::fence(warp, active, static_cast<FenceKind>(operation.argument), operation.memory.scope);
}

void run_nothing(Warp&, const Operation&, LaneMask) {}

void bind(Decoding& decoding, FenceKind kind, Scope scope) {
  decoding.require_operands(0);
  decoding.operation.argument = static_cast<uint32_t>(kind);
  decoding.operation.memory.scope = scope;
  decoding.operation.run = &run_fence;
}

void bind_nothing(Decoding& decoding) {
  decoding.require_operands(0);
  decoding.operation.run = &run_nothing;
}

}  // namespace

void decode_fence(Decoding& decoding) {
  if (decoding.take("proxy")) {
    if (decoding.take("async")) {
      decoding.require_target(90);
      decoding.take_one_of({"global", "shared::cta", "shared::cluster"});
    } else if (!decoding.take("alias")) {
      decoding.refuse("");
    }
    return bind_nothing(decoding);
  }
  if (decoding.take("mbarrier_init")) {
    decoding.require_target(90);
    if (!decoding.take("release") || !decoding.take("cluster")) decoding.invalid("needs .release.cluster");
    return bind_nothing(decoding);
  }
  const std::string word = decoding.take_one_of({"sc", "acq_rel", "acquire", "release"});
  const FenceKind kind = word == "sc"        ? FenceKind::sequentially_consistent
                         : word == "acquire" ? FenceKind::acquire
                         : word == "release" ? FenceKind::release
                                             : FenceKind::acquire_release;
  const auto scope = take_scope(decoding);
  if (!scope) decoding.invalid("has no scope");
  bind(decoding, kind, *scope);
}

void decode_membar(Decoding& decoding) {
  if (decoding.take("proxy")) {
    if (!decoding.take("alias")) decoding.refuse("");
    return bind_nothing(decoding);
  }
  const std::string level = decoding.take_one_of({"cta", "gl", "sys"});
  if (level.empty()) decoding.refuse("");
  bind(decoding, FenceKind::sequentially_consistent, level == "cta" ? Scope::cta : Scope::gpu);
}

}  // namespace decode_lab::instructions
