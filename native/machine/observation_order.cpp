#include "machine/observation_order.h"

#include <algorithm>
#include <utility>

namespace decode_lab::machine {

namespace {
uint64_t key_of(const ThreadOfGrid& thread) { return uint64_t{thread.cta} << 10 | thread.warp << 5 | thread.lane; }

bool is_for_all(const StrongAccess& access, bool (*is_of)(Semantics)) {
  return is_of(access.semantics) && access.scope == Scope::gpu;
}
}  // namespace

bool ObservationOrder::is_of(const Location& location, const StrongAccess& access) {
  return location.offset == access.place.offset && location.bytes == access.bytes;
}

bool ObservationOrder::observes(const Location& location, const StrongAccess& access) {
  return is_of(location, access) &&
         (location.writer.cta == access.thread.cta || (location.scope == Scope::gpu && access.scope == Scope::gpu));
}

ObservationOrder::Visitor& ObservationOrder::Location::visitor(const ThreadOfGrid& of) {
  if (!visitors) visitors = std::make_unique<Visitors>();
  Visitor& visitor = (*visitors)[key_of(of)];
  visitor.thread = of;
  return visitor;
}

ObservationOrder::Visitor* ObservationOrder::Location::find_visitor(const ThreadOfGrid& of) const {
  if (!visitors) return nullptr;
  const auto found = visitors->find(key_of(of));
  return found == visitors->end() ? nullptr : &found->second;
}

// Keeps the first observation of a chain at each clock, grown by the later ones: nothing tells them apart.
void ObservationOrder::Visitor::observe(const Chain& chain, uint32_t clock) {
  Observation& latest = observed[0];
  if (latest.chain.first == chain.first && latest.chain.last >= chain.last) return;
  if (latest.chain.first != chain.first || latest.clock != clock) observed[1] = std::exchange(latest, {chain, clock});
  latest.chain.last = chain.last;
}

ObservationOrder::Received ObservationOrder::received(const Message& message, uint32_t cta) {
  Received received{{}, message.all};
  if (const auto own = message.in_cta.find(cta); own != message.in_cta.end()) {
    received.in_cta = own->second;
    received.all.join(own->second);
  }
  return received;
}

template <class Blocks>
auto* ObservationOrder::find(Blocks& blocks, const Buffer& buffer, uint64_t offset, uint32_t bytes) {
  const auto block = blocks.find({&buffer, offset >> kBlockBits});
  using Found = decltype(block->second.data());
  if (block == blocks.end()) return Found{nullptr};
  const auto found = std::find_if(block->second.begin(), block->second.end(),
                                  [&](const Location& at) { return at.offset == offset && at.bytes == bytes; });
  return found == block->second.end() ? Found{nullptr} : &*found;
}

ObservationOrder::Number ObservationOrder::latest_write(const Buffer& buffer, uint64_t offset, uint32_t bytes,
                                                        const ThreadOfGrid& thread) const {
  const Location* const location = find(blocks_, buffer, offset, bytes);
  if (location == nullptr) return 0;
  if (location->writer == thread) return location->chain.last;
  const Visitor* const visitor = location->find_visitor(thread);
  return visitor == nullptr ? 0 : visitor->wrote;
}

bool ObservationOrder::has_released(const Buffer& buffer, uint64_t offset, uint32_t bytes,
                                    const ThreadOfGrid& thread) const {
  const Location* const location = find(blocks_, buffer, offset, bytes);
  const Visitor* const visitor = location == nullptr ? nullptr : location->find_visitor(thread);
  return visitor != nullptr && visitor->released;
}

ObservationOrder::Received ObservationOrder::read(const StrongAccess& access, bool remembers) {
  Location* const location = find(blocks_, *access.place.buffer, access.place.offset, access.bytes);
  if (location == nullptr) return {};
  const bool observed = observes(*location, access);
  Received told = observed ? received(location->message, access.thread.cta) : Received{};
  Visitor* const known = location->find_visitor(access.thread);
  if (acquires(access.semantics) && known != nullptr && known->received) {
    told.in_cta.join(known->received->in_cta);
    told.all.join(known->received->all);
  }
  // What it acquires needs no memory, nor does what it wrote itself.
  if (!observed || !remembers || (location->released && is_for_all(access, &acquires))) return told;
  if (location->chain.first == location->chain.last && location->writer == access.thread) return told;
  Visitor& visitor = known != nullptr ? *known : location->visitor(access.thread);
  visitor.observe(location->chain, access.clock);
  if (acquires(access.semantics) || told.all.empty()) return told;
  if (!visitor.received) visitor.received = std::make_unique<Received>();
  visitor.received->in_cta.join(told.in_cta);
  visitor.received->all.join(told.all);
  return told;
}

void ObservationOrder::write(const StrongAccess& access, Told told, bool reads_too, bool remembers,
                             bool keeps_release) {
  auto& locations = blocks_[{access.place.buffer, access.place.offset >> kBlockBits}];
  const Number number = ++writes_;
  Location written{access.place.offset,
                   access.bytes,
                   access.thread,
                   access.scope,
                   is_for_all(access, &releases),
                   {number, number},
                   {},
                   {}};
  const uint64_t end = access.place.offset + access.bytes;
  for (size_t i = 0; i < locations.size();) {
    Location& old = locations[i];
    if (old.offset >= end || access.place.offset >= old.offset + old.bytes) {
      i++;
      continue;
    }
    if (is_of(old, access)) {
      written.visitors = std::move(old.visitors);
      if (remembers && old.writer != access.thread) written.visitor(old.writer).wrote = old.chain.last;
    }
    if (reads_too && observes(old, access)) {
      written.message = std::move(old.message);
      written.chain.first = old.chain.first;
      written.released &= old.released;
    }
    locations.erase(locations.begin() + static_cast<ptrdiff_t>(i));
  }
  if (const Visitor* const visitor = written.find_visitor(access.thread); visitor != nullptr && visitor->released) {
    told.in_cta.join(visitor->released->in_cta);
    told.all.join(visitor->released->all);
  }
  if (keeps_release && releases(access.semantics))
    written.visitor(access.thread).released = std::make_unique<Told>(Told{told.in_cta, told.all, {}, {}});
  const Past all{told.all, told.sc, told.sc};
  Past own{told.in_cta, told.sc_in_cta, told.sc};
  own.join(all);
  if (!all.empty()) written.message.all.join(all);
  if (!own.empty()) written.message.in_cta[access.thread.cta].join(own);
  locations.push_back(std::move(written));
}

void ObservationOrder::weak_write(const Place& place, uint64_t bytes) {
  const uint64_t end = place.offset + bytes;
  for (uint64_t block = place.offset >> kBlockBits; block <= (end - 1) >> kBlockBits; block++) {
    const auto found = blocks_.find({place.buffer, block});
    if (found == blocks_.end()) continue;
    std::erase_if(found->second,
                  [&](const Location& old) { return old.offset < end && place.offset < old.offset + old.bytes; });
    if (found->second.empty()) blocks_.erase(found);
  }
}

std::vector<ObservationOrder::Chain> ObservationOrder::observed_before(const Buffer& buffer, uint64_t offset,
                                                                       const CausalityOrder& order, uint32_t warp,
                                                                       uint32_t lane) const {
  std::vector<Chain> chains;
  const auto block = blocks_.find({&buffer, offset >> kBlockBits});
  if (block == blocks_.end()) return chains;
  for (const Location& location : block->second) {
    if (!location.visitors || offset < location.offset || offset >= location.offset + location.bytes) continue;
    for (const auto& [key, visitor] : *location.visitors)
      for (const auto& [chain, clock] : visitor.observed) {
        const auto known =
            std::find_if(chains.begin(), chains.end(), [&](const Chain& other) { return other.first == chain.first; });
        if (known != chains.end() && known->last >= chain.last) continue;
        if (chain.first > chain.last ||
            !order.ordered({visitor.thread.cta, visitor.thread.warp, clock, 0}, visitor.thread.lane, warp, lane))
          continue;
        if (known != chains.end())
          known->last = chain.last;
        else
          chains.push_back(chain);
      }
  }
  return chains;
}

}  // namespace decode_lab::machine
