// Language-model head with int4 weights in Marlin's layout for up to 16 tokens: logits, or the arg-max, or the exact
// top k, without the logits ever in memory. EPILOGUE (0 logits, 1 arg-max, 2 top k), GROUP_SIZE or PER_CHANNEL and
// ACTIVATION_FLOAT16 come from the command line. Any grid gives the same bits, and a token's bits do not depend on the others.
#include "epilogues.cuh"

using namespace lm_head;

struct Shared {
  Rings rings;
#if EPILOGUE != 1
  Stage stage;
#endif
};

#if EPILOGUE == 0
template <int kTokenBlocks>
static __device__ void run(Shared& shared, const Head& head, const LogitRule& rule, const Results& results) {
  walk_columns<kTokenBlocks>(shared.rings, head, [&](const Rounds& rounds, int round, const auto& sums) {
    const int tile = rounds.tile(round, threadIdx.x / 32);
    if (tile >= head.num_tiles()) return;
    stage_logits(shared.stage, head, rule, tile, sums);
    __syncwarp();
    store_logits(shared.stage, head, rule, results, tile);
  });
}
#endif

#if EPILOGUE == 1
template <int kTokenBlocks>
static __device__ void run(Shared& shared, const Head& head, const LogitRule& rule, const Results& results) {
  constexpr int kSlots = 2 * kTokenBlocks;
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  Key best[kSlots] = {};
  walk_columns<kTokenBlocks>(shared.rings, head, [&](const Rounds& rounds, int round, const auto& sums) {
    const int tile = rounds.tile(round, warp);
    if (tile >= head.num_tiles()) return;
    each_logit<1>(head, rule, tile, sums, [&](int slot, int column, float logit) {
      best[slot] = greater(best[slot], candidate(results, rule.compared(logit), tile * kTileColumns + column));
    });
  });

  Key(*bests)[kMaxTokens] = reinterpret_cast<Key(*)[kMaxTokens]>(&shared.rings);  // [warp][token]; the walk is over
  __syncthreads();
#pragma unroll
  for (int slot = 0; slot < kSlots; ++slot) {
    const Key key = greatest_of_lanes(best[slot], 4);
    if (lane < 4) bests[warp][token_of_slot(slot)] = key;
  }
  __syncthreads();
  if (threadIdx.x < head.num_tokens) {
    Key key = 0;
#pragma unroll
    for (int w = 0; w < kWarps; ++w) key = greater(key, bests[w][threadIdx.x]);
    partial(results, threadIdx.x, 0)[blockIdx.x] = key;
  }
  if (!arrive_last(results.counter)) return;
  for (int token = warp; token < head.num_tokens; token += kWarps) {
    Key key = 0;
    for (int cta = lane; cta < gridDim.x; cta += 32) key = greater(key, __ldcg(&partial(results, token, 0)[cta]));
    key = greatest_of_lanes(key, 1);
    if (lane == 0) store_result(results, rule, token, 0, key);
  }
}
#endif

#if EPILOGUE == 2
// The k greatest of all CTAs, rank by rank: once a whole rank adds nothing, no later one can, as each CTA's keys descend.
static __device__ TopKList merge(const Results& results, int token) {
  TopKList list;
  bool added = true;
  for (int rank = 0; added && rank < results.k; ++rank) {
    added = false;
    for (int first = 0; first < gridDim.x; first += 32) {
      const int cta = first + threadIdx.x % 32;
      const Key key = cta < gridDim.x ? __ldcg(&partial(results, token, rank)[cta]) : 0;
      added |= list.offer(key, results.k);
    }
  }
  return list;
}

// Warps 0..7 keep the lists of tokens 0..7 and 8..15; a CTA's round is staged, then each warp reads its tokens' rows.
template <int kTokenBlocks>
static __device__ void run(Shared& shared, const Head& head, const LogitRule& rule, const Results& results) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  TopKList lists[kTokenBlocks];
  walk_columns<kTokenBlocks>(shared.rings, head, [&](const Rounds& rounds, int round, const auto& sums) {
    const int own = rounds.tile(round, warp);
    if (own < head.num_tiles()) stage_logits(shared.stage, head, rule, own, sums);
    __syncthreads();
#pragma unroll
    for (int block = 0; block < kTokenBlocks; ++block) {
      const int token = warp + kWarps * block;
      if (token >= head.num_tokens) continue;
      for (int i = 0; i < 2 * kWarps; ++i) {
        const int tile = rounds.tile(round, i / 2), column = i % 2 * 32 + lane;
        if (tile >= head.num_tiles()) break;
        const float logit = shared.stage.x[token][i / 2 * kTileColumns + column];
        lists[block].offer(candidate(results, rule.compared(logit), tile * kTileColumns + column), results.k);
      }
    }
  });

#pragma unroll
  for (int block = 0; block < kTokenBlocks; ++block) {
    const int token = warp + kWarps * block;
    if (token >= head.num_tokens) continue;
    if (lane < results.k) partial(results, token, lane)[blockIdx.x] = lists[block].low();
    if (lane + 32 < results.k) partial(results, token, lane + 32)[blockIdx.x] = lists[block].high();
  }
  if (!arrive_last(results.counter)) return;
  for (int token = warp; token < head.num_tokens; token += kWarps) {
    const TopKList list = merge(results, token);
    if (lane < results.k) store_result(results, rule, token, lane, list.low());
    if (lane + 32 < results.k) store_result(results, rule, token, lane + 32, list.high());
  }
}
#endif

extern "C" __global__ void __launch_bounds__(kThreads, 2)
    lm_head_int4(const uint4* __restrict__ weights, const uint4* __restrict__ scales,
                 const Activation* __restrict__ hidden, const int* __restrict__ row_map, Activation* logits, int* tokens,
                 float* values, Key* partials, unsigned* counter, int num_tokens, int hidden_size, int num_columns,
                 int vocab_size, int k, float softcap, int round_logits) {
  extern __shared__ uint4 memory[];
  Shared& shared = *reinterpret_cast<Shared*>(memory);
  const Head head{weights, scales, hidden, num_tokens, hidden_size, num_columns};
  const LogitRule rule(softcap, round_logits);
  const Results results{logits, tokens, values, partials, counter, row_map, vocab_size, k};
  if (num_tokens <= 8) {
    run<1>(shared, head, rule, results);
  } else {
    run<2>(shared, head, rule, results);
  }
}
