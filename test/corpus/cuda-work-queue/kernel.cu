// CTAs take rows from a counter until none is left; one thread asks, the CTA follows.
extern "C" __global__ void work_queue(const int* x, int* sums, unsigned* next, unsigned rows) {
  __shared__ unsigned row;
  __shared__ int warps[2];
  for (;;) {
    if (threadIdx.x == 0) row = atomicAdd(next, 1u);
    __syncthreads();
    const unsigned own = row;
    if (own >= rows) return;
    const int sum = __reduce_add_sync(0xffffffff, x[own * 64 + threadIdx.x]);
    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0) sums[own] = warps[0] + warps[1];
  }
}
