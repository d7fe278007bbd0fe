#include "machine/strong_access.h"

#include "machine/cta.h"
#include "machine/warp.h"

namespace decode_lab::machine {

namespace {

void receive(Warp& warp, uint32_t lane, const MemoryAccess& memory, const ObservationOrder::Received& received) {
  if (received.all.empty()) return;
  CausalityOrder::Thread& thread = warp.cta().order().thread(warp.index(), lane);
  thread.received_in_cta.join(received.in_cta);
  thread.received.join(received.all);
  if (acquires(memory.semantics)) thread.past.join(memory.scope == Scope::gpu ? received.all : received.in_cta);
}

ObservationOrder::Told tell(Warp& warp, uint32_t lane, const MemoryAccess& memory) {
  CausalityOrder& order = warp.cta().order();
  ObservationOrder::Told told;
  if (const auto* const thread = order.find_thread(warp.index(), lane); thread != nullptr)
    told = {thread->fenced_in_cta, thread->fenced, thread->past.sc_in_cta, thread->past.sc};
  if (releases(memory.semantics))
    (memory.scope == Scope::gpu ? told.all : told.in_cta).join(order.release(warp.index(), lane));
  return told;
}

}  // namespace

void note_strong_access(Warp& warp, const Request& request) {
  const MemoryAccess& memory = request.operation->memory;
  const Program& program = warp.cta().grid().program;
  CausalityOrder& order = warp.cta().order();
  ObservationOrder& observation = warp.cta().observation(request.space);
  for_each_lane(request.lanes, [&](uint32_t lane) {
    const StrongAccess access{request.place_of(lane),    request.bytes, {order.cta(), warp.index(), lane},
                              order.clock(warp.index()), memory.scope,  memory.semantics};
    if (request.kind != Request::Kind::store && !memory.is_reduction && !observation.empty())
      receive(warp, lane, memory, observation.read(access, program.depends_on_order));
    if (request.writes())
      observation.write(access, tell(warp, lane, memory), request.kind == Request::Kind::read_modify_write,
                        program.depends_on_order, program.writes_relaxed);
  });
}

void note_weak_write(Warp& warp, const Request& request) {
  if (request.space == ptx::StateSpace::shared && !warp.cta().mbarriers().empty())
    for (const Span& span : request.spans)
      warp.cta().mbarriers().overwrite(span.place.offset, span.bytes(request.bytes));
  ObservationOrder& observation = warp.cta().observation(request.space);
  if (observation.empty()) return;
  for (const Span& span : request.spans) observation.weak_write(span.place, span.bytes(request.bytes));
}

// A release fence covers the strong writes that its thread makes later, an acquire fence the strong reads that it has
// made. Of two fence.sc, the first comes before the second in Fence-SC order (8.9.3) for certain where a strong read
// before the second has observed a strong write behind the first: the other order would contradict causality (8.10.4).
void fence(Warp& warp, LaneMask active, FenceKind kind, Scope scope) {
  CausalityOrder& order = warp.cta().order();
  const bool is_sc = kind == FenceKind::sequentially_consistent;
  for_each_lane(active, [&](uint32_t lane) {
    CausalityOrder::Thread& thread = order.thread(warp.index(), lane);
    if (kind != FenceKind::release) {
      const CausalityOrder::Past& received = scope == Scope::gpu ? thread.received : thread.received_in_cta;
      thread.past.join(received);
      if (is_sc) thread.past.known.join(scope == Scope::gpu ? received.sc : received.sc_in_cta);
      if (is_sc) thread.past.known.join(thread.received_in_cta.sc_in_cta);
    }
    if (kind == FenceKind::acquire) return;
    thread.fenced_in_cta = order.release(warp.index(), lane);
    if (scope == Scope::gpu) thread.fenced = thread.fenced_in_cta;
    if (!is_sc) return;
    thread.past.sc_in_cta.join(thread.fenced_in_cta);
    if (scope == Scope::gpu) thread.past.sc.join(thread.fenced);
  });
}

}  // namespace decode_lab::machine
