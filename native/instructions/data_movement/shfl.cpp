// shfl.sync.{up,down,bfly,idx}.b32 d{|p}, a, b, c, membermask   (PTX ISA 9.7.9.6). It converges lanes and orders no
// memory. A source lane outside the group gives an unpredictable value: here its register as it stands.
#include <algorithm>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

namespace {

enum class Mode : uint32_t { up, down, bfly, idx };

struct Source {
  uint32_t lane;
  bool in_range;
};

Source source_lane(Mode mode, uint32_t lane, uint32_t b, uint32_t c) {
  const uint32_t segment = c >> 8 & 31, clamp = c & 31, distance = b & 31;
  const uint32_t last = (lane & segment) | (clamp & ~segment), first = lane & segment;
  int32_t from = 0;
  bool in_range = false;
  switch (mode) {
    case Mode::up:
      from = static_cast<int32_t>(lane) - static_cast<int32_t>(distance);
      in_range = from >= static_cast<int32_t>(last);
      break;
    case Mode::down:
      from = static_cast<int32_t>(lane + distance), in_range = from <= static_cast<int32_t>(last);
      break;
    case Mode::bfly:
      from = static_cast<int32_t>(lane ^ distance), in_range = from <= static_cast<int32_t>(last);
      break;
    case Mode::idx:
      from = static_cast<int32_t>(first | (distance & ~segment)), in_range = from <= static_cast<int32_t>(last);
      break;
  }
  return {in_range ? static_cast<uint32_t>(from) & 31 : lane, in_range};
}

// slots: d, a, b, c, p.
void contribute_to_shfl(Warp& warp, const Operation& operation, LaneMask active) {
  const auto* const a = warp.row<uint32_t>(operation.slots[1]);
  machine::for_each_lane(active, [&](uint32_t lane) { warp.exchange()[lane] = a[lane]; });
}

void run_shfl(Warp& warp, const Operation& operation, LaneMask active) {
  const auto* const b = warp.row<uint32_t>(operation.slots[2]);
  const auto* const c = warp.row<uint32_t>(operation.slots[3]);
  auto* const d = warp.row<uint32_t>(operation.slots[0]);
  LaneMask in_range = 0;
  machine::for_each_lane(active, [&](uint32_t lane) {
    const Source source = source_lane(static_cast<Mode>(operation.argument), lane, b[lane], c[lane]);
    in_range |= source.in_range ? lane_bit(lane) : 0;
    d[lane] =
        (warp.exchange_lanes() >> source.lane & 1) != 0 ? static_cast<uint32_t>(warp.exchange()[source.lane]) : ~0u;
  });
  if (operation.slots[4] == machine::kNoSlot) return;
  LaneMask& p = warp.registers().predicate(operation.slots[4]);
  p = (p & ~active) | in_range;
}

}  // namespace

void decode_shfl(Decoding& decoding) {
  if (!decoding.take("sync")) decoding.refuse("without .sync");
  constexpr std::string_view kModes[] = {"up", "down", "bfly", "idx"};
  const auto mode = std::find_if(std::begin(kModes), std::end(kModes), [&](auto name) { return decoding.take(name); });
  if (mode == std::end(kModes)) decoding.refuse("without .up, .down, .bfly or .idx");
  const ptx::Type type = decoding.take_type();
  if (type.bits != 32) decoding.invalid("takes .b32");
  decoding.require_operands(5);
  auto& operation = decoding.operation;
  for (size_t i = 1; i <= 3; i++) operation.slots[i] = decoding.source(i, type);
  operation.membermask = decoding.source(4, type);
  operation.slots[0] = decoding.destination(0, type);
  const auto& p = decoding.instruction().second_destination;
  operation.slots[4] = p ? decoding.destination(*p, ptx::kPredicate) : machine::kNoSlot;
  operation.argument = static_cast<uint32_t>(mode - std::begin(kModes));
  operation.kind = Operation::Kind::warp_convergent;
  operation.contribute = &contribute_to_shfl;
  operation.run = &run_shfl;
}

}  // namespace decode_lab::instructions
