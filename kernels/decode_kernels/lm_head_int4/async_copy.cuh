// cp.async (PTX ISA 9.7.9.25.3): 16 bytes from global to shared memory past L1, in groups awaited oldest first.
#pragma once

namespace lm_head {

static __device__ unsigned shared_address(const void* pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

// Weights are read once: their lines are the first to leave L2.
static __device__ unsigned long long streamed_once() {
  unsigned long long policy;
  asm("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
  return policy;
}

static __device__ void copy_streamed(void* shared, const void* global, unsigned long long policy) {
  asm volatile("cp.async.cg.shared.global.L2::cache_hint [%0], [%1], 16, %2;" ::"r"(shared_address(shared)),
               "l"(global), "l"(policy)
               : "memory");
}

// Zeros instead of the source unless `present`.
static __device__ void copy_or_zeros(void* shared, const void* global, bool present) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global),
               "r"(present ? 16 : 0)
               : "memory");
}

static __device__ void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// All but the youngest `kPending` groups have arrived, for the calling thread.
template <int kPending>
static __device__ void await_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

}  // namespace lm_head
