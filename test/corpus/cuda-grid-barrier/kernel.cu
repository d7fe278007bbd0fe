// A barrier of all CTAs by hand: a counter with release and acquire, CTAs that wait for its generation.
#include <cuda/atomic>
extern "C" __global__ void grid_barrier(const int* x, int* y, int* z, unsigned* counter, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  y[i] = x[i] * 3 + 1;
  __syncthreads();
  if (threadIdx.x == 0) {
    const cuda::atomic_ref<unsigned, cuda::thread_scope_device> count(*counter);
    count.fetch_add(1, cuda::memory_order_release);
    while (count.load(cuda::memory_order_acquire) < gridDim.x) {
    }
  }
  __syncthreads();
  z[i] = y[n - 1 - i];
}
