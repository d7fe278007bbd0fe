// Instructions with .sync.aligned that all 32 lanes execute together (PTX ISA 9.7.14): the behaviour is undefined if
// lanes are missing, so their absence is reported; the lanes that are there get what the registers as they stand give.
#pragma once
#include <cstring>

#include "instructions/decoding.h"
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

// Takes .sync.aligned and makes the operation wait for the whole warp.
void bind_whole_warp(Decoding& decoding, machine::Handler run);

void report_missing_lanes(Warp& warp, const Operation& operation, LaneMask active);

// Register rows as whole matrices of 32-bit words or doubles, one element per lane.
template <class T>
struct Row {
  T lane[kLanes];
};

template <class T>
Row<T> read_row(Warp& warp, Slot slot) {
  Row<T> row;
  std::memcpy(row.lane, warp.row<T>(slot), sizeof row.lane);
  return row;
}

template <class T>
void write_row(Warp& warp, Slot slot, const Row<T>& row, LaneMask active) {
  T* const to = warp.row<T>(slot);
  if (active == kAllLanes)
    std::memcpy(to, row.lane, sizeof row.lane);
  else
    machine::for_each_lane(active, [&](uint32_t lane) { to[lane] = row.lane[lane]; });
}

}  // namespace decode_lab::instructions
