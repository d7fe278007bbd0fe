// RMSNorm, RoPE and KV-cache write of packed qkv rows in one launch: one warp per token and head, 8 warps per CTA.
// HEAD_DIM, NUM_ROTARY_PAIRS, PAIR_DISTANCE, ROUND_INTERMEDIATE and ACTIVATION_* come from the command line.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <type_traits>

constexpr int kWarps = 8;
constexpr int kPairs = HEAD_DIM / 64;  // of one lane, which holds both halves of each: no shuffle is needed to rotate
constexpr unsigned kWholeWarp = 0xffffffffu;
static_assert(HEAD_DIM == 128 || HEAD_DIM == 256 || HEAD_DIM == 512, "a lane's half is 4, 8 or 16 bytes");
static_assert(HEAD_DIM % (2 * PAIR_DISTANCE) == 0, "blocks of 2 PAIR_DISTANCE dims fill the head");
static_assert(PAIR_DISTANCE % kPairs == 0, "a lane's pairs lie side by side");
static_assert(NUM_ROTARY_PAIRS % kPairs == 0, "a lane's pairs rotate all or none");

#ifdef ACTIVATION_FLOAT16
using Activation = __half;
using Activation2 = __half2;
static __device__ float2 widen(Activation2 pair) { return __half22float2(pair); }
static __device__ Activation2 narrow(float2 pair) { return __float22half2_rn(pair); }
#else
using Activation = __nv_bfloat16;
using Activation2 = __nv_bfloat162;
static __device__ float2 widen(Activation2 pair) { return __bfloat1622float2(pair); }
static __device__ Activation2 narrow(float2 pair) { return __float22bfloat162_rn(pair); }
#endif
using Bits = std::conditional_t<kPairs == 8, uint4, std::conditional_t<kPairs == 4, uint2, unsigned>>;
using Floats = std::conditional_t<kPairs == 2, float2, float4>;

// One half of a lane's pairs.
struct alignas(Floats) Half {
  float x[kPairs];
};

static __device__ Half widen(const Bits& bits) {
  const auto* from = reinterpret_cast<const Activation2*>(&bits);
  Half half;
#pragma unroll
  for (int j = 0; j < kPairs / 2; ++j) {
    const float2 two = widen(from[j]);
    half.x[2 * j] = two.x;
    half.x[2 * j + 1] = two.y;
  }
  return half;
}

static __device__ Bits narrow(const Half& half) {
  Bits bits;
  auto* to = reinterpret_cast<Activation2*>(&bits);
#pragma unroll
  for (int j = 0; j < kPairs / 2; ++j) to[j] = narrow(float2{half.x[2 * j], half.x[2 * j + 1]});
  return bits;
}

static __device__ Half rounded(const Half& half) { return widen(narrow(half)); }

static __device__ Bits load(const Activation* from) { return *reinterpret_cast<const Bits*>(from); }

static __device__ Half load(const float* from) {
  constexpr int kFloats = sizeof(Floats) / sizeof(float);
  Half half;
#pragma unroll
  for (int j = 0; j < kPairs; j += kFloats) {
    *reinterpret_cast<Floats*>(half.x + j) = *reinterpret_cast<const Floats*>(from + j);
  }
  return half;
}

static __device__ float sum_of_squares(const Half& half) {
  float sum = 0.0f;
#pragma unroll
  for (int j = 0; j < kPairs; ++j) sum += half.x[j] * half.x[j];
  return sum;
}

static __device__ Half scaled(Half half, float scale) {
#pragma unroll
  for (int j = 0; j < kPairs; ++j) half.x[j] *= scale;
  return half;
}

static __device__ Half product(Half left, const Half& right) {
#pragma unroll
  for (int j = 0; j < kPairs; ++j) left.x[j] *= right.x[j];
  return ROUND_INTERMEDIATE ? rounded(left) : left;
}

static __device__ Half sum(Half left, const Half& right, float sign) {
#pragma unroll
  for (int j = 0; j < kPairs; ++j) left.x[j] += sign * right.x[j];
  return left;
}

extern "C" __global__ void __launch_bounds__(32 * kWarps)
    qnorm_rope(const Activation* __restrict__ qkv, const Activation* __restrict__ q_weight,
               const Activation* __restrict__ k_weight, const float* __restrict__ cos_sin,
               const long long* __restrict__ positions, const long long* __restrict__ slot_mapping,
               Activation* __restrict__ q_out, Activation* __restrict__ k_out, Activation* __restrict__ v_out,
               Activation* __restrict__ kv_cache, int num_tokens, int num_qo_heads, int num_kv_heads,
               int first_value_head, int qkv_stride, int v_norm, int page_size, long long page_stride,
               long long slot_stride, long long head_stride, long long value_offset, float eps) {
  const int lane = threadIdx.x % 32;
  const int heads = num_qo_heads + 2 * num_kv_heads;
  const int row = blockIdx.x * kWarps + threadIdx.x / 32;
  if (row >= num_tokens * heads) return;  // a whole warp leaves, so the shuffles below stay full
  const long long token = row / heads;
  const int head = row % heads;
  const bool is_query = head < num_qo_heads;
  const bool is_value = head >= num_qo_heads + num_kv_heads;
  const int kv_head = head - num_qo_heads - (is_value ? num_kv_heads : 0);
  const int pair = lane * kPairs;
  const int low_dim = pair / PAIR_DISTANCE * (2 * PAIR_DISTANCE) + pair % PAIR_DISTANCE;
  const int high_dim = low_dim + PAIR_DISTANCE;
  const bool rotates = !is_value && pair < NUM_ROTARY_PAIRS;

  // Every load comes before the first use, so that their latencies overlap: the kernel has little else to wait for.
  const Activation* from = qkv + token * qkv_stride + (is_value ? first_value_head + kv_head : head) * HEAD_DIM;
  const Bits low_bits = load(from + low_dim);
  const Bits high_bits = load(from + high_dim);
  const bool is_cached = !is_query && page_size > 0;
  const long long slot = is_cached ? slot_mapping[token] : 0;
  Bits low_weight = {}, high_weight = {};
  if (!is_value) {
    const Activation* weight = is_query ? q_weight : k_weight;
    low_weight = load(weight + low_dim);
    high_weight = load(weight + high_dim);
  }
  Half cos = {}, sin = {};
  if (rotates) {
    const float* table = cos_sin + positions[token] * (2 * NUM_ROTARY_PAIRS) + pair;
    cos = load(table);
    sin = load(table + NUM_ROTARY_PAIRS);
  }

  Half low = widen(low_bits), high = widen(high_bits);
  float square = sum_of_squares(low) + sum_of_squares(high);
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) square += __shfl_xor_sync(kWholeWarp, square, distance);
  const float scale = is_value && !v_norm ? 1.0f : rsqrtf(square / HEAD_DIM + eps);
  low = scaled(low, scale);
  high = scaled(high, scale);
  if constexpr (ROUND_INTERMEDIATE == 2) {
    low = rounded(low);
    high = rounded(high);
  }
  if (!is_value) {
    low = product(low, widen(low_weight));
    high = product(high, widen(high_weight));
  }
  if (rotates) {
    if constexpr (ROUND_INTERMEDIATE) {
      cos = rounded(cos);
      sin = rounded(sin);
    }
    const Half turned_low = sum(product(low, cos), product(high, sin), -1.0f);
    high = sum(product(high, cos), product(low, sin), 1.0f);
    low = turned_low;
  }

  Activation* to = is_query ? q_out + (token * num_qo_heads + head) * HEAD_DIM
                            : (is_value ? v_out : k_out) + (token * num_kv_heads + kv_head) * HEAD_DIM;
  if (is_cached) {
    if (slot < 0) return;  // a padding token has no place in the cache
    const unsigned page = static_cast<unsigned>(slot) / page_size;
    const unsigned offset = static_cast<unsigned>(slot) % page_size;
    to = kv_cache + page * page_stride + offset * slot_stride + kv_head * head_stride + (is_value ? value_offset : 0);
  }
  *reinterpret_cast<Bits*>(to + low_dim) = narrow(low);
  *reinterpret_cast<Bits*>(to + high_dim) = narrow(high);
}
