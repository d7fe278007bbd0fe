// One warp per head; lane l holds the dims l, l + 32, ..., so both halves of a pair are in one lane.
#include <cuda_bf16.h>

constexpr int kElements = HEAD_DIM / 32;
constexpr int kHalf = HEAD_DIM / 2;

extern "C" __global__ void __launch_bounds__(32)
    qnorm_rope(const __nv_bfloat16* qkv, const __nv_bfloat16* q_weight, const float* cos_sin,
               const long long* positions, __nv_bfloat16* q_out, int num_qo_heads, int qkv_stride, float eps) {
  const long long token = blockIdx.x;
  const int head = blockIdx.y;
  const int lane = threadIdx.x;
  const __nv_bfloat16* row = qkv + token * qkv_stride + head * HEAD_DIM;
  __nv_bfloat16* out = q_out + (token * num_qo_heads + head) * HEAD_DIM;

  float y[kElements];
  float sum = 0.0f;
  for (int j = 0; j < kElements; ++j) {
    y[j] = __bfloat162float(row[lane + 32 * j]);
    sum += y[j] * y[j];
  }
  for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, distance);
  const float scale = rsqrtf(sum / HEAD_DIM + eps);
  for (int j = 0; j < kElements; ++j) y[j] *= scale;

  const long long position = positions[token];
  const float* table = cos_sin + position * (2 * NUM_ROTARY_PAIRS);
  for (int j = 0; j < kElements / 2; ++j) {
    const int pair = lane + 32 * j;
    const float low = y[j];
    const float high = y[j + kElements / 2];
    const float cos = pair < NUM_ROTARY_PAIRS ? table[pair] : 1.0f;
    const float sin = pair < NUM_ROTARY_PAIRS ? table[NUM_ROTARY_PAIRS + pair] : 0.0f;
    out[pair] = __float2bfloat16(low * cos - high * sin);
    out[pair + kHalf] = __float2bfloat16(high * cos + low * sin);
  }
}
