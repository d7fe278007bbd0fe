// Fused RMSNorm and RoPE of one packed qkv row: one warp per token and head, 8 warps per CTA, fp32 throughout.
// HEAD_DIM (256 or 512) and NUM_ROTARY_PAIRS come from the command line.
#include <cuda_bf16.h>

constexpr int kWarps = 8;
constexpr int kElements = 8;                           // bf16 elements in one 16-byte vector
constexpr int kVectors = HEAD_DIM / (32 * kElements);  // vectors per lane: vector v covers dims 256 v + 8 lane ..
constexpr int kHalf = HEAD_DIM / 2;
constexpr unsigned kWholeWarp = 0xffffffffu;
static_assert(kVectors == 1 || kVectors == 2, "a lane holds one vector (head_dim 256) or both halves (head_dim 512)");
static_assert(NUM_ROTARY_PAIRS % kElements == 0, "a vector is live as a whole or not at all");

struct Vector {
  float x[kElements];
};

static __device__ Vector load(const __nv_bfloat16* from) {
  const uint4 bits = *reinterpret_cast<const uint4*>(from);
  const auto* pairs = reinterpret_cast<const __nv_bfloat162*>(&bits);
  Vector vector;
#pragma unroll
  for (int j = 0; j < kElements / 2; ++j) {
    const float2 pair = __bfloat1622float2(pairs[j]);
    vector.x[2 * j] = pair.x;
    vector.x[2 * j + 1] = pair.y;
  }
  return vector;
}

static __device__ Vector load(const float* from) {
  const float4 first = *reinterpret_cast<const float4*>(from);
  const float4 second = *reinterpret_cast<const float4*>(from + 4);
  return {first.x, first.y, first.z, first.w, second.x, second.y, second.z, second.w};
}

static __device__ void store(__nv_bfloat16* to, const Vector& vector) {
  uint4 bits;
  auto* pairs = reinterpret_cast<__nv_bfloat162*>(&bits);
#pragma unroll
  for (int j = 0; j < kElements / 2; ++j) pairs[j] = __floats2bfloat162_rn(vector.x[2 * j], vector.x[2 * j + 1]);
  *reinterpret_cast<uint4*>(to) = bits;
}

// Element j of the other half of the pair: 16 lanes away in a 256-wide head, the lane's other vector in a 512-wide one.
static __device__ float partner(const Vector (&y)[kVectors], int v, int j) {
  if constexpr (kVectors == 1) return __shfl_xor_sync(kWholeWarp, y[v].x[j], 16);
  return y[v ^ (kVectors - 1)].x[j];
}

extern "C" __global__ void __launch_bounds__(32 * kWarps)
    qnorm_rope(const __nv_bfloat16* __restrict__ qkv, const __nv_bfloat16* __restrict__ q_weight,
               const __nv_bfloat16* __restrict__ k_weight, const float* __restrict__ cos_sin,
               const long long* __restrict__ positions, __nv_bfloat16* __restrict__ q_out,
               __nv_bfloat16* __restrict__ k_out, __nv_bfloat16* __restrict__ v_out, int num_tokens, int num_qo_heads,
               int num_kv_heads, int qkv_stride, float eps) {
  const int lane = threadIdx.x % 32;
  const int heads = num_qo_heads + 2 * num_kv_heads;
  const int row = blockIdx.x * kWarps + threadIdx.x / 32;
  if (row >= num_tokens * heads) return;  // a whole warp leaves, so the shuffles below stay full
  const long long token = row / heads;
  const int head = row % heads;

  Vector y[kVectors];
  float sum = 0.0f;
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    y[v] = load(qkv + token * qkv_stride + head * HEAD_DIM + (32 * v + lane) * kElements);
#pragma unroll
    for (int j = 0; j < kElements; ++j) sum += y[v].x[j] * y[v].x[j];
  }
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(kWholeWarp, sum, distance);
  const float scale = rsqrtf(sum / HEAD_DIM + eps);

  const bool is_value = head >= num_qo_heads + num_kv_heads;
  const __nv_bfloat16* weight = head < num_qo_heads ? q_weight : k_weight;
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    Vector w = {1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f};
    if (!is_value) w = load(weight + (32 * v + lane) * kElements);
#pragma unroll
    for (int j = 0; j < kElements; ++j) y[v].x[j] *= scale * w.x[j];
  }

  __nv_bfloat16* out = head < num_qo_heads ? q_out + (token * num_qo_heads + head) * HEAD_DIM
                       : is_value ? v_out + (token * num_kv_heads + head - num_qo_heads - num_kv_heads) * HEAD_DIM
                                  : k_out + (token * num_kv_heads + head - num_qo_heads) * HEAD_DIM;
  Vector rotated[kVectors];
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    const int dim = (32 * v + lane) * kElements;
    const int pair = dim % kHalf;
    Vector cos = {1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f};
    Vector sin = {};
    if (!is_value && pair < NUM_ROTARY_PAIRS) {
      const float* table = cos_sin + positions[token] * (2 * NUM_ROTARY_PAIRS) + pair;
      cos = load(table);
      sin = load(table + NUM_ROTARY_PAIRS);
    }
#pragma unroll
    for (int j = 0; j < kElements; ++j) {
      const float other = partner(y, v, j);  // before the choice of sign: the whole warp takes part in the shuffle
      rotated[v].x[j] = y[v].x[j] * cos.x[j] + (dim < kHalf ? -other : other) * sin.x[j];
    }
  }
#pragma unroll
  for (int v = 0; v < kVectors; ++v) store(out + (32 * v + lane) * kElements, rotated[v]);
}
