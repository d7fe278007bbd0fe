// Copies tile after tile by cuda::memcpy_async that a cuda::barrier in shared memory tracks.
#include <cooperative_groups.h>
#include <cuda/barrier>
namespace cg = cooperative_groups;
extern "C" __global__ void barrier_memcpy_async(const int* x, int* y, int tiles) {
  __shared__ alignas(16) int tile[128];
  __shared__ cuda::barrier<cuda::thread_scope_block> barrier;
  const auto cta = cg::this_thread_block();
  if (threadIdx.x == 0) init(&barrier, blockDim.x);
  cta.sync();
  int sum = 0;
  for (int i = 0; i < tiles; i++) {
    cuda::memcpy_async(&tile[threadIdx.x * 4], &x[i * 128 + threadIdx.x * 4], cuda::aligned_size_t<16>(16), barrier);
    barrier.arrive_and_wait();
    sum += tile[127 - threadIdx.x] - tile[threadIdx.x];
    barrier.arrive_and_wait();
  }
  y[threadIdx.x] = sum;
}
