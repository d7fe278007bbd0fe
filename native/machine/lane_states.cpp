#include "machine/lane_states.h"

#include <cstring>

#include "machine/cta.h"

namespace decode_lab::machine {

namespace {

// Hands the state of a lane to `take(bytes, count)`, piece by piece, until that says no.
template <class Take>
bool visit(Warp& warp, const Split& split, uint32_t lane, Take&& take) {
  const auto& procedures = warp.cta().grid().program.procedures;
  if (!take(&split.pc, sizeof(split.pc))) return false;
  for (const Frame* frame = split.frame; frame != nullptr; frame = frame->caller) {
    if (!take(&frame->procedure, sizeof(frame->procedure)) || !take(&frame->call, sizeof(frame->call)) ||
        !take(&frame->stack_begin, sizeof(frame->stack_begin)))
      return false;
    const std::byte* const rows = frame->rows.data();
    for (const RegisterRow& row : procedures[frame->procedure].registers) {
      if (row.bits != 1) {
        if (!take(rows + row.slot + size_t{lane} * row.bits / 8, row.bits / 8)) return false;
        continue;
      }
      LaneMask mask;
      std::memcpy(&mask, rows + row.slot, sizeof(mask));
      const auto bit = static_cast<uint8_t>(mask >> lane & 1);
      if (!take(&bit, sizeof(bit))) return false;
    }
  }
  return take(warp.local().at(lane, 0), split.frame->stack_end);
}

}  // namespace

uint64_t LaneStates::bytes_of(Warp& warp) {
  uint64_t bytes = 0;
  for (const Split& split : warp.splits())
    for_each_lane(split.lanes, [&](uint32_t lane) {
      visit(warp, split, lane, [&](const void*, size_t count) {
        bytes += count;
        return true;
      });
    });
  return bytes;
}

void LaneStates::keep(Warp& warp, LaneMask lanes) {
  for (const Split& split : warp.splits())
    for_each_lane(split.lanes & lanes, [&](uint32_t lane) {
      auto& kept = kept_[lane];
      kept.clear();
      visit(warp, split, lane, [&](const void* bytes, size_t count) {
        const auto* const first = static_cast<const std::byte*>(bytes);
        kept.insert(kept.end(), first, first + count);
        return true;
      });
    });
}

LaneMask LaneStates::unchanged(Warp& warp, const Split& split, LaneMask lanes) const {
  LaneMask unchanged = 0;
  for_each_lane(lanes, [&](uint32_t lane) {
    const auto& kept = kept_[lane];
    size_t at = 0;
    const bool is_same = visit(warp, split, lane, [&](const void* bytes, size_t count) {
      if (count > kept.size() - at || (count != 0 && std::memcmp(kept.data() + at, bytes, count) != 0)) return false;
      at += count;
      return true;
    });
    if (is_same && at == kept.size()) unchanged |= lane_bit(lane);
  });
  return unchanged;
}

}  // namespace decode_lab::machine
