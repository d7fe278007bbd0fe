// Tiles come by cp.async in a ring of three stages; every thread commits and waits for its own groups.
#include <cuda_pipeline.h>
extern "C" __global__ void pipeline(const float4* x, float* y, int tiles) {
  __shared__ float4 ring[3][64];
  const int t = threadIdx.x;
  for (int stage = 0; stage < 2; stage++) {
    if (stage < tiles) __pipeline_memcpy_async(&ring[stage][t], &x[stage * 64 + t], 16);
    __pipeline_commit();
  }
  float sum = 0;
  for (int tile = 0; tile < tiles; tile++) {
    __pipeline_wait_prior(1);
    __syncthreads();
    const float4 value = ring[tile % 3][63 - t];
    sum += value.x + value.y + value.z + value.w;
    if (tile + 2 < tiles) __pipeline_memcpy_async(&ring[(tile + 2) % 3][t], &x[(tile + 2) * 64 + t], 16);
    __pipeline_commit();
  }
  y[t] = sum;
}
