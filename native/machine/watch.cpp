#include "machine/watch.h"

#include <algorithm>

namespace decode_lab::machine {

void Watch::begin_warp() {
  converged_ = false;
  stepped_ = 0;
  reads_.clear();
  has_all_reads_ = true;
}

void Watch::note_read(const Request& request) {
  const bool is_strong = request.operation->memory.semantics != Semantics::weak;
  for_each_lane(request.lanes, [&](uint32_t lane) {
    const Place place = request.place_of(lane);
    const auto known = std::find_if(reads_.begin(), reads_.end(), [&](const Read& read) {
      return read.instruction == request.operation->instruction && read.buffer == place.buffer &&
             read.offset == place.offset && read.bytes == request.bytes;
    });
    if (known != reads_.end()) {
      known->lanes |= lane_bit(lane);
    } else if (reads_.size() < kMostReads) {
      reads_.push_back(
          {request.operation->instruction, place.buffer, place.offset, request.bytes, is_strong, lane_bit(lane)});
    } else {
      has_all_reads_ = false;
    }
  });
}

void Watch::forget_reads(LaneMask lanes) {
  for (Read& read : reads_) read.lanes &= ~lanes;
  std::erase_if(reads_, [](const Read& read) { return read.lanes == 0; });
}

}  // namespace decode_lab::machine
