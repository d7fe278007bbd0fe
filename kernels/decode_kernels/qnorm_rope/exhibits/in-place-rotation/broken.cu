// Copies the normed row to the output and rotates it there, one thread per dim; right only if every thread has loaded
// its partner before any thread stores.
#include <cuda_bf16.h>

constexpr int kHalf = HEAD_DIM / 2;
constexpr int kWarps = HEAD_DIM / 32;
static_assert(NUM_ROTARY_PAIRS == kHalf, "every pair rotates");

extern "C" __global__ void __launch_bounds__(HEAD_DIM)
    qnorm_rope(const __nv_bfloat16* qkv, const __nv_bfloat16* q_weight, const float* cos_sin,
               const long long* positions, __nv_bfloat16* q_out, int num_qo_heads, int qkv_stride, float eps) {
  const long long token = blockIdx.x;
  const int head = blockIdx.y;
  const int dim = threadIdx.x;
  __nv_bfloat16* row = q_out + (token * num_qo_heads + head) * HEAD_DIM;

  const float x = __bfloat162float(qkv[token * qkv_stride + head * HEAD_DIM + dim]);
  float sum = x * x;
  for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, distance);
  __shared__ float partial[kWarps];
  if (dim % 32 == 0) partial[dim / 32] = sum;
  __syncthreads();
  sum = 0.0f;
  for (int warp = 0; warp < kWarps; ++warp) sum += partial[warp];
  row[dim] = __float2bfloat16(x * rsqrtf(sum / HEAD_DIM + eps) * __bfloat162float(q_weight[dim]));
  __syncthreads();

  const float* table = cos_sin + positions[token] * (2 * kHalf) + dim % kHalf;
  const float own = __bfloat162float(row[dim]);
  const float partner = __bfloat162float(row[dim ^ kHalf]);
  row[dim] = __float2bfloat16(own * table[0] + (dim < kHalf ? -partner : partner) * table[kHalf]);
}
