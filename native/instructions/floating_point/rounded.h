// Arithmetic with the modifiers {.rn,.rz,.rm,.rp}{.ftz}{.sat}: vectorised for round to nearest, lane by lane otherwise.
#pragma once
#include <cfenv>

#include "instructions/decoding.h"
#include "instructions/floating_point/number_format.h"
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

struct RoundedForm {
  Rounding rounding;
  bool explicit_rounding, flush, saturate;
  ptx::Type type;
};

RoundedForm take_rounded_form(Decoding& decoding);

namespace detail {

template <class T, size_t>
using Repeat = T;

// The rounding mode of this thread, for the life of the object.
class RoundingMode {
 public:
  explicit RoundingMode(Rounding rounding) : before_(std::fegetround()) {
    constexpr int kModes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
    std::fesetround(kModes[static_cast<size_t>(rounding)]);
  }
  ~RoundingMode() { std::fesetround(before_); }
  RoundingMode(const RoundingMode&) = delete;

 private:
  int before_;
};

template <class T>
T flush_if_single(T value) {
  if constexpr (sizeof(T) == 4)
    return flush_subnormal(value);
  else
    return value;
}

// Round to nearest in single precision. kFlush: .ftz, kSaturate: .sat.
template <class Compute, bool kFlush, bool kSaturate>
struct Nearest {
  template <class... S>
  float operator()(S... s) const {
    if constexpr (kFlush) {
      const float flushed = flush_subnormal(canonical_nan(Compute{}(flush_subnormal(s)...)));
      return kSaturate ? saturate_to_unit(flushed) : flushed;
    } else {
      const float result = canonical_nan(Compute{}(s...));
      return kSaturate ? saturate_to_unit(result) : result;
    }
  }
};

// Directed rounding in the hardware's rounding mode; `argument` = Rounding | flush << 2 | saturate << 3. The volatile
// operands keep the compiler from moving the computation out of the mode.
template <class Compute, class T, size_t... I>
void run_directed_lanes(Warp& warp, const Operation& operation, LaneMask active, std::index_sequence<I...>) {
  const bool flush = (operation.argument & 4) != 0, saturate = (operation.argument & 8) != 0;
  T* const destination = warp.row<T>(operation.slots[0]);
  const T* const sources[] = {warp.row<T>(operation.slots[I + 1])...};
  const RoundingMode mode(static_cast<Rounding>(operation.argument & 3));
  machine::for_each_lane(active, [&](uint32_t lane) {
    volatile T operands[] = {flush ? flush_if_single(sources[I][lane]) : sources[I][lane]...};
    volatile T computed = Compute{}(static_cast<T>(operands[I])...);
    T result = computed;
    if constexpr (sizeof(T) == 4) result = canonical_nan(result);
    if (flush) result = flush_if_single(result);
    if constexpr (sizeof(T) == 4) result = saturate ? saturate_to_unit(result) : result;
    destination[lane] = result;
  });
}

template <class Compute, class T, size_t kSources>
void run_directed(Warp& warp, const Operation& operation, LaneMask active) {
  run_directed_lanes<Compute, T>(warp, operation, active, std::make_index_sequence<kSources>{});
}

template <class Compute, class... S>
machine::Handler nearest_single(const RoundedForm& form) {
  if (form.flush)
    return form.saturate ? &lanewise<Nearest<Compute, true, true>, float, S...>
                         : &lanewise<Nearest<Compute, true, false>, float, S...>;
  return form.saturate ? &lanewise<Nearest<Compute, false, true>, float, S...>
                       : &lanewise<Nearest<Compute, false, false>, float, S...>;
}

}  // namespace detail

// The handler of a functor with kSources sources of the form's type.
template <class Compute, size_t kSources>
machine::Handler rounded_handler(Decoding& decoding, const RoundedForm& form) {
  const bool is_double = form.type.bits == 64;
  if (form.rounding != Rounding::nearest_even) {
    decoding.operation.argument = static_cast<uint32_t>(form.rounding) | (form.flush ? 4 : 0) | (form.saturate ? 8 : 0);
    return is_double ? &detail::run_directed<Compute, double, kSources>
                     : &detail::run_directed<Compute, float, kSources>;
  }
  return [&]<size_t... I>(std::index_sequence<I...>)->machine::Handler {
    if (is_double) return &lanewise<Compute, double, detail::Repeat<double, I>...>;
    return detail::nearest_single<Compute, detail::Repeat<float, I>...>(form);
  }
  (std::make_index_sequence<kSources>{});
}

}  // namespace decode_lab::instructions
