// cp.async.mbarrier.arrive, which cp_async.cpp hands over.
#pragma once
#include "instructions/decoding.h"

namespace decode_lab::instructions {

void decode_copies_arrive(Decoding& decoding);

}  // namespace decode_lab::instructions
