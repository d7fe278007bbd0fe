// The last steps of a reduction within one warp, by shared memory and __syncwarp as since Volta.
extern "C" __global__ void warp_synchronous_reduce(const float* x, float* sums) {
  __shared__ float part[64];
  const int t = threadIdx.x;
  part[t] = x[blockIdx.x * 64 + t];
  __syncthreads();
  if (t < 32) {
    float sum = part[t] + part[t + 32];
    for (int step = 16; step > 0; step /= 2) {
      __syncwarp();
      part[t] = sum;
      __syncwarp();
      sum += part[(t + step) % 32];
    }
    if (t == 0) sums[blockIdx.x] = sum;
  }
}
