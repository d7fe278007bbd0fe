// What is done with a round's sums, and with what is left after the last round. Partial keys lie in the workspace as
// [num_tokens][k][num_ctas]: the merge reads a rank of all CTAs side by side.
#pragma once
#include "column_walk.cuh"
#include "last_cta.cuh"
#include "logit.cuh"
#include "top_k_list.cuh"

namespace lm_head {

struct Results {
  Activation* logits;  // [num_tokens][vocab_size]
  int* tokens;         // [num_tokens][k]
  float* values;       // [num_tokens][k]
  Key* partials;
  unsigned* counter;
  const int* row_map;  // [num_columns] or null
  int vocab_size, k;
};

// Token id of a column; -1 where the column is padding.
static __device__ int token_id(const Results& results, int column) {
  if (column >= results.vocab_size) return -1;
  return results.row_map == nullptr ? column : results.row_map[column];
}

static __device__ Key candidate(const Results& results, float logit, int column) {
  const int token = token_id(results, column);
  return token < 0 ? 0 : make_key(logit, token);
}

// Scales of a lane's eight columns, lane / 4 + 8 i, per channel: Marlin keeps 2 i' + {0, 1, 8, 9, 16, 17, 24, 25} side
// by side for each i' < 4 of 32 columns. Ones otherwise.
struct ColumnScales {
  float x[8];

  __device__ ColumnScales(const Head& head, int tile) {
#if PER_CHANNEL
    const int column = threadIdx.x % 32 / 4;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const uint4 bits = head.scales[tile * 8 + half * 4 + column / 2];
      const unsigned words[4] = {bits.x, bits.y, bits.z, bits.w};
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const Activation2 pair = pair_of(words[i]);
        x[4 * half + i] = to_float(column % 2 == 0 ? pair.x : pair.y);
      }
    }
#else
#pragma unroll
    for (int i = 0; i < 8; ++i) x[i] = 1.0f;
#endif
  }

  __device__ void rotate() {
#pragma unroll
    for (int i = 0; i < 6; ++i) x[i] = x[i + 2];
  }
};

// Calls `visit(token slot, column in the tile, uncapped logit)` for every sum of the lane; the token of slot s is
// 8 (s / 2) + 2 (lane % 4) + s % 2. kUnroll 1 keeps what `visit` does in the code once per slot and column pair.
template <int kUnroll, int kTokenBlocks, typename Visit>
static __device__ void each_logit(const Head& head, const LogitRule& rule, int tile, Sums<kTokenBlocks> sums,
                                  Visit visit) {
  ColumnScales scales(head, tile);
#pragma unroll kUnroll
  for (int j = 0; j < 4; ++j) {
#pragma unroll
    for (int block = 0; block < kTokenBlocks; ++block)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float logit = rule.uncapped(sums.x[0][block][i], scales.x[i / 2]);
        visit(2 * block + i % 2, 16 * j + 8 * (i / 2) + threadIdx.x % 32 / 4, logit);
      }
    sums.rotate();  // registers have no run-time index: the next columns move to the front
    scales.rotate();
  }
}

static __device__ int token_of_slot(int slot) { return 8 * (slot / 2) + 2 * (threadIdx.x % 4) + slot % 2; }

// One round's logits of a CTA, [token][tile of the warp][column]; rows are padded so that no bank is met twice.
struct Stage {
  float x[kMaxTokens][kWarps * kTileColumns + 4];
};

template <int kTokenBlocks>
static __device__ void stage_logits(Stage& stage, const Head& head, const LogitRule& rule, int tile,
                                    const Sums<kTokenBlocks>& sums) {
  const int first = threadIdx.x / 32 * kTileColumns;
  each_logit<4>(head, rule, tile, sums, [&](int slot, int column, float logit) {
    stage.x[token_of_slot(slot)][first + column] = logit;
  });
}

// A warp stores its tile, four tokens at a time, 64 bytes side by side where rows are aligned; padding is left out.
static __device__ void store_logits(const Stage& stage, const Head& head, const LogitRule& rule,
                                    const Results& results, int tile) {
  const int lane = threadIdx.x % 32, first = threadIdx.x / 32 * kTileColumns;
  for (int token = lane / 8; token < head.num_tokens; token += 4) {
#pragma unroll 1
    for (int half = 0; half < 2; ++half) {
      const int in_tile = 32 * half + 4 * (lane % 8), column = tile * kTileColumns + in_tile;
      const float4 staged = *reinterpret_cast<const float4*>(&stage.x[token][first + in_tile]);
      const float logits[4] = {staged.x, staged.y, staged.z, staged.w};
      Activation out[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) out[i] = from_float(rule.reported(rule.compared(logits[i])));
      Activation* to = results.logits + static_cast<long long>(token) * results.vocab_size + column;
      if (results.vocab_size % 4 == 0) {
        if (column < results.vocab_size) {
          *reinterpret_cast<uint2*>(to) = make_uint2(bits_of({out[0], out[1]}), bits_of({out[2], out[3]}));
        }
      } else {
#pragma unroll
        for (int i = 0; i < 4; ++i)
          if (column + i < results.vocab_size) to[i] = out[i];
      }
    }
  }
}

static __device__ Key* partial(const Results& results, int token, int rank) {
  return results.partials + (static_cast<long long>(token) * results.k + rank) * gridDim.x;
}

static __device__ void store_result(const Results& results, const LogitRule& rule, int token, int rank, Key key) {
  results.tokens[token * results.k + rank] = token_of(key);
  results.values[token * results.k + rank] = key == 0 ? value_of(key) : rule.reported(value_of(key));
}

static __device__ Key greatest_of_lanes(Key key, int least_distance) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2)
    if (distance >= least_distance) key = greater(key, __shfl_xor_sync(0xffffffffu, key, distance));
  return key;
}

}  // namespace lm_head
