// out[row] = sum over k of scales[row, k / 128] * (nibble(weights[row], k) - 8) * x[k]; the low nibble of a word comes first.
#include <cuda_bf16.h>

#include <cstdint>

constexpr int kGroup = 128, kWarps = 8, kRowsPerWarp = 4;

__device__ float dot8(uint32_t nibbles, uint4 x) {
  const uint32_t pairs[4] = {x.x, x.y, x.z, x.w};
  float sum = 0;
#pragma unroll
  for (int i = 0; i < 4; i++) {
    const int low = static_cast<int>(nibbles >> (8 * i) & 15) - 8, high = static_cast<int>(nibbles >> (8 * i + 4) & 15) - 8;
    sum = fmaf(static_cast<float>(low), __uint_as_float(pairs[i] << 16), sum);
    sum = fmaf(static_cast<float>(high), __uint_as_float(pairs[i] & 0xFFFF0000u), sum);
  }
  return sum;
}

// One warp to four rows, x in shared memory; columns a multiple of 512, at most 8192; rows a multiple of 32.
extern "C" __global__ void __launch_bounds__(kWarps * 32)
    int4_gemv(const uint2* __restrict__ weights, const __nv_bfloat16* __restrict__ scales,
              const uint4* __restrict__ x, float* __restrict__ out, int columns) {
  __shared__ uint4 staged[1024];
  for (int i = threadIdx.x; i < columns / 8; i += kWarps * 32) staged[i] = x[i];
  __syncthreads();
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int first = (blockIdx.x * kWarps + warp) * kRowsPerWarp;
  for (int row = first; row < first + kRowsPerWarp; row++) {
    const uint2* words = weights + static_cast<size_t>(row) * (columns / 16);
    float sum = 0;
    for (int i = lane; i < columns / 16; i += 32) {
      const uint2 word = words[i];
      const float scale = __bfloat162float(scales[row * (columns / kGroup) + i / 8]);
      sum = fmaf(scale, dot8(word.x, staged[2 * i]) + dot8(word.y, staged[2 * i + 1]), sum);
    }
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(0xFFFFFFFFu, sum, distance);
    if (lane == 0) out[row] = sum;
  }
}
