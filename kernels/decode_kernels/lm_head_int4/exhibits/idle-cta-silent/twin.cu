// Arg-max of a head of int4 weights for up to 8 tokens: one tile of 64 columns per warp and round.
#include "../../last_cta.cuh"
#include "../../marlin_word.cuh"
#include "../../token_key.cuh"

using namespace lm_head;

constexpr int kWarps = 4, kTokens = 8;

// Scales of columns c and c + 8 of a tile, each twice in a register.
static __device__ ScalePair scales_of(const Activation* tile, int column) {
  const int at = 8 * (column % 8) + column / 8, at_next = at + 1;
  return {bits_of({tile[at], tile[at]}), bits_of({tile[at_next], tile[at_next]})};
}

static __device__ unsigned hidden_pair(const Activation* hidden, int token, int num_tokens, int hidden_size, int k) {
  if (token >= num_tokens) return 0;
  return *reinterpret_cast<const unsigned*>(hidden + token * hidden_size + k);
}

extern "C" __global__ void __launch_bounds__(32 * kWarps)
    lm_head_int4(const uint4* __restrict__ weights, const Activation* __restrict__ scales,
                 const Activation* __restrict__ hidden, int* tokens, float* values, Key* partials, unsigned* counter,
                 int num_tokens, int hidden_size, int num_columns, int vocab_size) {
  __shared__ Key bests[kWarps][kTokens];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, tiles = num_columns / 64;
  Key best[2] = {};
  for (int tile = blockIdx.x * kWarps + warp; tile < tiles; tile += gridDim.x * kWarps) {
    float sums[4][4] = {};
    for (int step = 0; step < hidden_size / 16; ++step) {
      const uint4 bits = weights[(static_cast<long long>(step) * tiles + tile) * 32 + lane];
      const unsigned words[4] = {bits.x, bits.y, bits.z, bits.w};
      const int k = 16 * step + 2 * (lane % 4);
      const unsigned operand[2] = {hidden_pair(hidden, lane / 4, num_tokens, hidden_size, k),
                                   hidden_pair(hidden, lane / 4, num_tokens, hidden_size, k + 8)};
      const Activation* row = scales + static_cast<long long>(16 * step / GROUP_SIZE) * num_columns + tile * 64;
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        WeightFragment fragment = dequantise(words[j]);
        scale(fragment, scales_of(row, 16 * j + lane / 4));
        multiply_add(sums[j], fragment, operand);
      }
    }
#pragma unroll
    for (int i = 0; i < 16; ++i) {
      const int column = tile * 64 + 16 * (i / 4) + 8 * (i % 4 / 2) + lane / 4;
      if (column >= vocab_size) continue;
      best[i % 2] = greater(best[i % 2], make_key(sums[i / 4][i % 4], column));
    }
  }

#pragma unroll
  for (int i = 0; i < 2; ++i) {
    for (int distance = 4; distance < 32; distance *= 2)
      best[i] = greater(best[i], __shfl_xor_sync(0xffffffffu, best[i], distance));
    if (lane < 4) bests[warp][2 * lane + i] = best[i];
  }
  __syncthreads();
  if (threadIdx.x < num_tokens) {
    Key key = 0;
    for (int w = 0; w < kWarps; ++w) key = greater(key, bests[w][threadIdx.x]);
    partials[threadIdx.x * gridDim.x + blockIdx.x] = key;
  }
  if (!arrive_last(counter)) return;
  if (threadIdx.x < num_tokens) {
    Key key = 0;
    for (int cta = 0; cta < gridDim.x; ++cta) key = greater(key, __ldcg(&partials[threadIdx.x * gridDim.x + cta]));
    tokens[threadIdx.x] = token_of(key);
    values[threadIdx.x] = value_of(key);
  }
}
