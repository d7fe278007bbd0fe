#include "machine/grid.h"

#include "error.h"

namespace decode_lab::machine {

void Budget::charge_host_bytes(uint64_t bytes) {
  if (host_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes > limits_.host_bytes)
    throw Error("HOST_MEMORY",
                "the run needs more than the limit of " + std::to_string(limits_.host_bytes) + " host bytes", 0);
}

}  // namespace decode_lab::machine
