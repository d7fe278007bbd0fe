// Root-mean-square normalisation of a row by one CTA, the sum by shuffles and one word a warp.
extern "C" __global__ void rmsnorm(const float* x, const float* weight, float* y, int columns, float eps) {
  __shared__ float warps[8];
  __shared__ float scale;
  x += blockIdx.x * columns;
  y += blockIdx.x * columns;
  float sum = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += x[i] * x[i];
  for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffff, sum, step);
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x < 32) {
    sum = threadIdx.x < blockDim.x / 32 ? warps[threadIdx.x] : 0;
    for (int step = 4; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffff, sum, step);
    if (threadIdx.x == 0) scale = rsqrtf(sum / columns + eps);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < columns; i += blockDim.x) y[i] = x[i] * scale * weight[i];
}
