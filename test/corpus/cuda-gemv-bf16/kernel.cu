// y = W x in bf16, a warp a row, eight elements a load.
#include <cuda_bf16.h>
extern "C" __global__ void gemv_bf16(const uint4* w, const uint4* x, __nv_bfloat16* y, int rows, int columns) {
  const int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, lane = threadIdx.x % 32;
  if (row >= rows) return;
  float sum = 0;
  for (int i = lane; i < columns / 8; i += 32) {
    const uint4 a = __ldg(&w[row * (columns / 8) + i]), b = __ldg(&x[i]);
    const auto* pa = reinterpret_cast<const __nv_bfloat162*>(&a);
    const auto* pb = reinterpret_cast<const __nv_bfloat162*>(&b);
    for (int j = 0; j < 4; j++) {
      const float2 fa = __bfloat1622float2(pa[j]), fb = __bfloat1622float2(pb[j]);
      sum += fa.x * fb.x + fa.y * fb.y;
    }
  }
  for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffff, sum, step);
  if (lane == 0) y[row] = __float2bfloat16(sum);
}
