// The loop over 32 lanes, written once: a functor over the lanes' values becomes a Handler that the compiler
// vectorises.
#pragma once
#include <tuple>
#include <utility>

#include "machine/operation.h"
#include "machine/warp.h"

// Rows are the same or disjoint, so no lane's result can be another lane's source.
#if defined(__clang__)
#define DECODE_LAB_INDEPENDENT_LANES _Pragma("clang loop vectorize(assume_safety)")
#else
#define DECODE_LAB_INDEPENDENT_LANES _Pragma("GCC ivdep")
#endif

namespace decode_lab::instructions {

using machine::kAllLanes;
using machine::kLanes;
using machine::lane_bit;
using machine::LaneMask;
using machine::Operation;
using machine::Slot;
using machine::Warp;

namespace detail {

template <class Compute, class D, class... S, size_t... I>
inline void run_lanes(Warp& warp, const Operation& operation, LaneMask active, std::index_sequence<I...>) {
  D* const destination = warp.row<D>(operation.slots[0]);
  const std::tuple<const S*...> sources{warp.row<S>(operation.slots[I + 1])...};
  if (active == kAllLanes) {
    DECODE_LAB_INDEPENDENT_LANES
    for (uint32_t lane = 0; lane < kLanes; lane++) destination[lane] = Compute{}(std::get<I>(sources)[lane]...);
    return;
  }
  DECODE_LAB_INDEPENDENT_LANES
  for (uint32_t lane = 0; lane < kLanes; lane++) {
    const D computed = Compute{}(std::get<I>(sources)[lane]...);
    destination[lane] = (active >> lane & 1) != 0 ? computed : destination[lane];
  }
}

}  // namespace detail

// destination row slots[0] of D = Compute(source rows slots[1…] of S…). Compute must be total: inactive lanes are
// computed too.
template <class Compute, class D, class... S>
void lanewise(Warp& warp, const Operation& operation, LaneMask active) {
  detail::run_lanes<Compute, D, S...>(warp, operation, active, std::index_sequence_for<S...>{});
}

// The same, with the operation's `argument` as a last parameter of Compute.
template <class Compute, class D, class... S>
void lanewise_with_argument(Warp& warp, const Operation& operation, LaneMask active) {
  D* const destination = warp.row<D>(operation.slots[0]);
  [&]<size_t... I>(std::index_sequence<I...>) {
    const std::tuple<const S*...> sources{warp.row<S>(operation.slots[I + 1])...};
    const uint32_t argument = operation.argument;
    DECODE_LAB_INDEPENDENT_LANES
    for (uint32_t lane = 0; lane < kLanes; lane++) {
      const D computed = Compute{}(std::get<I>(sources)[lane]..., argument);
      destination[lane] = (active >> lane & 1) != 0 ? computed : destination[lane];
    }
  }
  (std::index_sequence_for<S...>{});
}

}  // namespace decode_lab::instructions
