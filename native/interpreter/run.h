// A launch on the CPU: grid, observers, result.
#pragma once
#include "launch.h"

namespace decode_lab::interpreter {

// Runs the launch; its buffers are read and written in place. Throws Error for what never ran.
// Same launch and seed, same result and bytes, for any number of threads (but for the limit on seconds).
Result run(const Launch& launch);

}  // namespace decode_lab::interpreter
