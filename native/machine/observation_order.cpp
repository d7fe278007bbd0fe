#include "machine/observation_order.h"

namespace decode_lab::machine {

bool ObservationOrder::observes(const Location& location, const StrongAccess& access) {
  return location.offset == access.place.offset && location.bytes == access.bytes &&
         (location.cta == access.cta || (location.scope == Scope::gpu && access.scope == Scope::gpu));
}

ObservationOrder::Received ObservationOrder::received(const Message& message, uint32_t cta) {
  Received received{{}, message.all};
  if (const auto own = message.in_cta.find(cta); own != message.in_cta.end()) {
    received.in_cta = own->second;
    received.all.join(own->second);
  }
  return received;
}

ObservationOrder::Received ObservationOrder::read(const StrongAccess& access) const {
  const auto block = blocks_.find({access.place.buffer, access.place.offset >> kBlockBits});
  if (block == blocks_.end()) return {};
  for (const Location& location : block->second)
    if (observes(location, access)) return received(location.message, access.cta);
  return {};
}

void ObservationOrder::write(const StrongAccess& access, const Told& told, bool reads_too) {
  auto& locations = blocks_[{access.place.buffer, access.place.offset >> kBlockBits}];
  Location written{access.place.offset, access.bytes, access.cta, access.warp,
                   access.lane,         access.scope, reads_too,  {}};
  const uint64_t end = access.place.offset + access.bytes;
  for (size_t i = 0; i < locations.size();) {
    Location& old = locations[i];
    if (old.offset >= end || access.place.offset >= old.offset + old.bytes) {
      i++;
      continue;
    }
    // "A release operation on M followed by a strong write on M in program order" (8.8).
    const bool same_thread =
        !old.reads_too && old.cta == access.cta && old.warp == access.warp && old.lane == access.lane;
    if (observes(old, access) && (reads_too || same_thread)) written.message = std::move(old.message);
    locations.erase(locations.begin() + static_cast<ptrdiff_t>(i));
  }
  const Past all{told.all, told.sc, told.sc};
  Past own{told.in_cta, told.sc_in_cta, told.sc};
  own.join(all);
  if (!all.empty()) written.message.all.join(all);
  if (!own.empty()) written.message.in_cta[access.cta].join(own);
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

}  // namespace decode_lab::machine
