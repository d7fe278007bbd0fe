// y = W x with W in 4 bits and a scale for each group of 32; digits become halves by a logic operation and a subtraction.
#include <cuda_fp16.h>
extern "C" __global__ void gemv_int4(const unsigned* w, const __half* scales, const __half2* x, float* y, int columns) {
  const int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, lane = threadIdx.x % 32;
  float sum = 0;
  for (int i = lane; i < columns / 8; i += 32) {
    const unsigned word = w[row * (columns / 8) + i];
    __half2 part = __float2half2_rn(0.0f);
    for (int j = 0; j < 4; j++) {
      unsigned digits;
      asm("lop3.b32 %0, %1, 0x000f000f, 0x64006400, 0xea;" : "=r"(digits) : "r"(word >> (4 * j)));
      const __half2 weight = __hsub2(*reinterpret_cast<const __half2*>(&digits), __float2half2_rn(1032.0f));
      part = __hfma2(weight, x[i * 4 + j], part);
    }
    sum += (__low2float(part) + __high2float(part)) * __half2float(scales[row * (columns / 32) + i / 4]);
  }
  for (int step = 16; step > 0; step /= 2) sum += __shfl_down_sync(0xffffffff, sum, step);
  if (lane == 0) y[row] = sum;
}
