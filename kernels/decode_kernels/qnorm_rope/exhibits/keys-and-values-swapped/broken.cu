// One warp per head; lane l holds the dims l, l + 32, ..., so both halves of a pair are in one lane. Keys
// come first in a packed slot.
#include <cuda_bf16.h>

constexpr int kElements = HEAD_DIM / 32;
constexpr int kHalf = HEAD_DIM / 2;
static_assert(NUM_ROTARY_PAIRS == kHalf && PAIR_DISTANCE == kHalf, "every pair rotates");

extern "C" __global__ void __launch_bounds__(32)
    qnorm_rope(const __nv_bfloat16* qkv, const __nv_bfloat16* q_weight, const __nv_bfloat16* k_weight,
               const float* cos_sin, const long long* positions, const long long* slot_mapping, __nv_bfloat16* q_out,
               __nv_bfloat16* kv_cache, int num_qo_heads, int num_kv_heads, int qkv_stride, int page_size,
               long long page_stride, float eps) {
  const long long token = blockIdx.x;
  const int head = blockIdx.y;
  const int lane = threadIdx.x;
  const bool is_value = head >= num_qo_heads + num_kv_heads;
  const __nv_bfloat16* row = qkv + token * qkv_stride + head * HEAD_DIM;

  float y[kElements];
  float sum = 0.0f;
  for (int j = 0; j < kElements; ++j) {
    y[j] = __bfloat162float(row[lane + 32 * j]);
    sum += y[j] * y[j];
  }
  for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, distance);
  const float scale = rsqrtf(sum / HEAD_DIM + eps);
  const __nv_bfloat16* weight = head < num_qo_heads ? q_weight : k_weight;
  for (int j = 0; j < kElements; ++j) y[j] *= is_value ? scale : scale * __bfloat162float(weight[lane + 32 * j]);

  __nv_bfloat16* out = q_out + (token * num_qo_heads + head) * HEAD_DIM;
  if (head >= num_qo_heads) {
    const long long slot = slot_mapping[token];
    if (slot < 0) return;
    const int kv_head = (head - num_qo_heads) % num_kv_heads;
    const long long vector = (kv_head * page_size + slot % page_size) * 2 + (is_value ? 0 : 1);
    out = kv_cache + slot / page_size * page_stride + vector * HEAD_DIM;
  }
  const float* table = cos_sin + positions[token] * HEAD_DIM;
  for (int j = 0; j < kElements / 2; ++j) {
    const int pair = lane + 32 * j;
    const float low = y[j];
    const float high = y[j + kElements / 2];
    const float cos = is_value ? 1.0f : table[pair];
    const float sin = is_value ? 0.0f : table[kHalf + pair];
    out[pair] = __float2bfloat16(low * cos - high * sin);
    out[pair + kHalf] = __float2bfloat16(high * cos + low * sin);
  }
}
