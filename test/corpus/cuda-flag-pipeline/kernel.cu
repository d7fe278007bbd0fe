// A chain of CTAs: each waits for the row of the one before, adds its own and raises its flag.
#include <cuda/atomic>
using Flag = cuda::atomic_ref<int, cuda::thread_scope_device>;
extern "C" __global__ void flag_pipeline(const int* x, int* rows, int* flags) {
  const int t = threadIdx.x, cta = blockIdx.x;
  int value = x[cta * 64 + t];
  if (cta > 0) {
    if (t == 0) Flag(flags[cta - 1]).wait(0, cuda::memory_order_acquire);
    __syncthreads();
    value += rows[(cta - 1) * 64 + 63 - t];
  }
  rows[cta * 64 + t] = value;
  __syncthreads();
  if (t == 0) Flag(flags[cta]).store(1, cuda::memory_order_release);
}
