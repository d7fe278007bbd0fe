// Producer and consumer warps with four cuda::barrier objects: two slots, full and free.
#include <cuda/barrier>
using Barrier = cuda::barrier<cuda::thread_scope_block>;
extern "C" __global__ void barrier_tokens(const int* x, int* y, int rounds) {
  __shared__ int slots[2][32];
  __shared__ Barrier full[2], free[2];
  const int lane = threadIdx.x % 32;
  if (threadIdx.x == 0)
    for (int s = 0; s < 2; s++) init(&full[s], 64), init(&free[s], 64);
  __syncthreads();
  if (threadIdx.x < 32) {
    for (int round = 0; round < rounds; round++) {
      free[round % 2].arrive_and_wait();
      slots[round % 2][lane] = x[round * 32 + lane];
      (void)full[round % 2].arrive();
    }
  } else {
    (void)free[0].arrive();
    (void)free[1].arrive();
    int sum = 0;
    for (int round = 0; round < rounds; round++) {
      full[round % 2].arrive_and_wait();
      sum += slots[round % 2][31 - lane] * (round + 1);
      (void)free[round % 2].arrive();
    }
    y[lane] = sum;
  }
}
