// A CTA's walk over the columns of the head. A tile is 64 columns, the width of Marlin's layout, and belongs to one warp
// from its first k to its last, so a column's sum is one chain of mma in ascending k, whatever the grid and whatever
// num_tokens. Three rings in shared memory keep copies under way from the first tile to the last, without a drain
// between tiles:
//   weights  8 slots of 16 k per warp; a lane copies and reads the same 16 bytes, so no thread waits for another
//   hidden   2 chunks of 128 k, shared by the CTA: one barrier per chunk
//   scales   2 chunks of 128 k per warp, with the barrier of the hidden chunk
#pragma once
#include "async_copy.cuh"
#include "marlin_word.cuh"

namespace lm_head {

constexpr int kWarps = 8, kThreads = 32 * kWarps;
constexpr int kTileColumns = 64;
constexpr int kChunk = 128, kSteps = kChunk / 16;     // k of a chunk, and of one mma
constexpr int kMaxTokens = 16, kPieces = kChunk / 8;  // a piece is 16 bytes: 8 hidden values
#if PER_CHANNEL
constexpr int kGroups = 0;
#else
constexpr int kGroups = kChunk / GROUP_SIZE;  // per chunk
static_assert(GROUP_SIZE == 32 || GROUP_SIZE == 128, "groups divide a chunk and hold whole mma steps");
#endif

struct Rings {
  uint4 weights[kWarps][kSteps][32];
  uint4 hidden[2][kMaxTokens][kPieces];  // piece p of token t stands at p ^ (t % 8): ldmatrix meets no bank twice
#if !PER_CHANNEL
  uint4 scales[2][kWarps][kGroups][8];  // vector v: columns v, v + 8, ... v + 56
#endif
};

struct Head {
  const uint4* weights;      // [hidden_size / 16][num_columns / 64][32 lanes]
  const uint4* scales;       // [num_groups][num_columns / 64][8 vectors]
  const Activation* hidden;  // [num_tokens][hidden_size]
  int num_tokens, hidden_size, num_columns;

  __device__ int num_tiles() const { return num_columns / kTileColumns; }
  __device__ int num_chunks() const { return hidden_size / kChunk; }
};

// Which tile a warp has in a round. Whole rounds give a CTA eight neighbours; what is left is dealt out CTA by CTA, so
// that the last round is spread over all of them. The tiles of a warp ascend.
struct Rounds {
  int whole, count;

  __device__ explicit Rounds(int num_tiles) {
    whole = num_tiles / (kWarps * gridDim.x);
    count = whole + (tile(whole, 0) < num_tiles ? 1 : 0);
  }

  __device__ int tile(int round, int warp) const {
    const int in_turn = (round * gridDim.x + blockIdx.x) * kWarps + warp;
    return round < whole ? in_turn : (round * kWarps + warp) * gridDim.x + blockIdx.x;
  }
};

// fp32 sums of a lane: columns 16 j + lane / 4 (+ 8 in elements 2, 3), tokens 8 b + 2 (lane % 4) (+ 1 in 1, 3).
template <int kTokenBlocks>
struct Sums {
  float x[4][kTokenBlocks][4];

  __device__ void rotate() {
#pragma unroll
    for (int j = 0; j < 3; ++j)
#pragma unroll
      for (int block = 0; block < kTokenBlocks; ++block)
#pragma unroll
        for (int i = 0; i < 4; ++i) x[j][block][i] = x[j + 1][block][i];
  }
};

// Where the next chunk of a warp comes from; null weights where the warp has none.
struct ChunkSource {
  const uint4* weights;
  const uint4* scales;
};

static __device__ ChunkSource chunk_source(const Head& head, int tile, int chunk) {
  const int lane = threadIdx.x % 32, tiles = head.num_tiles();
  if (tile >= tiles) return {nullptr, nullptr};
  const uint4* weights = head.weights + (static_cast<long long>(chunk) * kSteps * tiles + tile) * 32 + lane;
  const long long group = static_cast<long long>(chunk) * kGroups + lane / 8;
  return {weights, head.scales + (group * tiles + tile) * 8 + lane % 8};
}

static __device__ void copy_hidden(Rings& rings, const Head& head, int chunk, int buffer, int tokens) {
  const int token = threadIdx.x / kPieces, piece = threadIdx.x % kPieces;
  if (token >= tokens) return;
  const bool present = token < head.num_tokens;
  const Activation* row = head.hidden + static_cast<long long>(present ? token : 0) * head.hidden_size;
  copy_or_zeros(&rings.hidden[buffer][token][piece ^ (token % 8)], row + chunk * kChunk + piece * 8, present);
}

static __device__ void copy_scales(Rings& rings, const ChunkSource& source, int buffer) {
#if !PER_CHANNEL
  const int lane = threadIdx.x % 32;
  if (source.scales != nullptr && lane < 8 * kGroups)
    copy_or_zeros(&rings.scales[buffer][threadIdx.x / 32][lane / 8][lane % 8], source.scales, true);
#endif
}

// The B fragments of two 8 x 8 matrices of k per block of 8 tokens; with one block, of two steps at once.
template <int kTokenBlocks>
static __device__ void load_hidden(unsigned (&fragments)[4], const Rings& rings, int buffer, int step) {
  const int lane = threadIdx.x % 32, row = lane % 8, matrix = lane / 8;
  const int token = kTokenBlocks == 2 ? row + 8 * (matrix / 2) : row;
  const int piece = 2 * step + (kTokenBlocks == 2 ? matrix % 2 : matrix);
  const unsigned address = shared_address(&rings.hidden[buffer][token][piece ^ row]);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(fragments[0]), "=r"(fragments[1]), "=r"(fragments[2]), "=r"(fragments[3])
               : "r"(address)
               : "memory");
}

#if !PER_CHANNEL
static __device__ void load_scales(ScalePair (&scales)[4], const Rings& rings, int buffer, int group) {
  const int warp = threadIdx.x / 32, vector = threadIdx.x % 32 / 4;
  const uint4 bits = rings.scales[buffer][warp][group][vector];
  scales[0] = broadcast(bits.x);
  scales[1] = broadcast(bits.y);
  scales[2] = broadcast(bits.z);
  scales[3] = broadcast(bits.w);
}
#endif

// One chunk of a tile: each step takes its weights out of the ring and asks for those of the next chunk.
template <int kTokenBlocks>
static __device__ void multiply_chunk(Sums<kTokenBlocks>& sums, Rings& rings, int buffer, const uint4* next,
                                      long long step_stride, unsigned long long policy) {
  uint4(&ring)[kSteps][32] = rings.weights[threadIdx.x / 32];
  const int lane = threadIdx.x % 32;
#if !PER_CHANNEL
  ScalePair scales[4];
#endif
  unsigned hidden[4];
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    if (step > 0) await_copies<kSteps - 1>();
    const uint4 words = ring[step][lane];
    if (next != nullptr) copy_streamed(&ring[step][lane], next + step * step_stride, policy);
    commit_copies();
#if !PER_CHANNEL
    if (step % (kSteps / kGroups) == 0) load_scales(scales, rings, buffer, step * kGroups / kSteps);
#endif
    if (kTokenBlocks == 2 || step % 2 == 0) load_hidden<kTokenBlocks>(hidden, rings, buffer, step);
    const unsigned column_words[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      WeightFragment weights = dequantise(column_words[j]);
#if !PER_CHANNEL
      scale(weights, scales[j]);
#endif
#pragma unroll
      for (int block = 0; block < kTokenBlocks; ++block) {
        const int at = kTokenBlocks == 2 ? 2 * block : 2 * (step % 2);
        const unsigned operand[2] = {hidden[at], hidden[at + 1]};
        multiply_add(sums.x[j][block], weights, operand);
      }
    }
  }
}

// Calls `finish(rounds, round, sums)` with all threads of the CTA after every round; a warp's tile may be past the last.
template <int kTokenBlocks, typename Finish>
static __device__ void walk_columns(Rings& rings, const Head& head, Finish finish) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int chunks = head.num_chunks(), tiles = head.num_tiles();
  const Rounds rounds(tiles);
  if (rounds.count == 0) return;
  const unsigned long long policy = streamed_once();
  const long long step_stride = static_cast<long long>(tiles) * 32;

  const ChunkSource first = chunk_source(head, rounds.tile(0, warp), 0);
  copy_hidden(rings, head, 0, 0, 8 * kTokenBlocks);
  copy_scales(rings, first, 0);
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    if (first.weights != nullptr) {
      copy_streamed(&rings.weights[warp][step][lane], first.weights + step * step_stride, policy);
    }
    commit_copies();
  }

  int buffer = 0;
  for (int round = 0; round < rounds.count; ++round) {
    const int tile = rounds.tile(round, warp);
    Sums<kTokenBlocks> sums = {};
    for (int chunk = 0; chunk < chunks; ++chunk, buffer ^= 1) {
      const bool ends = chunk + 1 == chunks, last = ends && round + 1 == rounds.count;
      const int next_tile = last ? tiles : ends ? rounds.tile(round + 1, warp) : tile;
      const ChunkSource next = chunk_source(head, next_tile, ends ? 0 : chunk + 1);
      await_copies<kSteps - 1>();
      __syncthreads();  // this chunk's hidden values and scales are in sight, the last one's have been read
      if (!last) copy_hidden(rings, head, ends ? 0 : chunk + 1, buffer ^ 1, 8 * kTokenBlocks);
      copy_scales(rings, next, buffer ^ 1);
      if (tile < tiles) {
        multiply_chunk<kTokenBlocks>(sums, rings, buffer, next.weights, step_stride, policy);
      } else {
#pragma unroll
        for (int step = 0; step < kSteps; ++step) commit_copies();  // groups are counted, also without weights
      }
    }
    finish(rounds, round, sums);
  }
}

}  // namespace lm_head
