// The Handler of hints, which change neither registers nor memory.
#pragma once
#include "instructions/lanewise.h"

namespace decode_lab::instructions {

inline void no_effect(Warp&, const Operation&, LaneMask) {}

}  // namespace decode_lab::instructions
