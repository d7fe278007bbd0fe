// The CTA that arrives last merges what all have written. Its counter is zero before the first launch and again after
// every launch, so that a launch needs no clearing and a captured graph can be replayed.
#pragma once

namespace lm_head {

// Publishes the CTA's writes; true in all threads of the last CTA, which then sees every CTA's writes.
static __device__ bool arrive_last(unsigned* counter) {
  __syncthreads();
  bool last = false;
  if (threadIdx.x == 0) {
    unsigned before;
    asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], 1;" : "=r"(before) : "l"(counter) : "memory");
    last = before == gridDim.x - 1;
    if (last) *counter = 0;
  }
  return __syncthreads_or(last);
}

}  // namespace lm_head
