// Inclusive sums in one pass with decoupled look-back: a CTA publishes its sum, then what precedes it, each in one 64-bit word.
#include <cuda/atomic>
using Word = cuda::atomic_ref<unsigned long long, cuda::thread_scope_device>;
extern "C" __global__ void look_back_scan(const int* x, int* y, unsigned long long* states, unsigned* next) {
  constexpr unsigned long long kSum = 1ull << 32, kPrefix = 2ull << 32;
  __shared__ unsigned tile;
  __shared__ int warps[4], before;
  const int t = threadIdx.x, lane = t % 32;
  if (t == 0) tile = atomicAdd(next, 1u);
  __syncthreads();
  int sum = x[tile * 128 + t];
  for (int step = 1; step < 32; step *= 2) {
    const int other = __shfl_up_sync(0xffffffff, sum, step);
    if (lane >= step) sum += other;
  }
  if (lane == 31) warps[t / 32] = sum;
  __syncthreads();
  for (int w = 0; w < t / 32; w++) sum += warps[w];
  if (t == 127) {
    if (tile > 0) Word(states[tile]).store(kSum | static_cast<unsigned>(sum), cuda::memory_order_release);
    int prefix = 0;
    for (int at = static_cast<int>(tile) - 1; at >= 0;) {
      const unsigned long long state = Word(states[at]).load(cuda::memory_order_acquire);
      if (state == 0) continue;
      prefix += static_cast<int>(state & 0xffffffff);
      if (state & kPrefix) break;
      at--;
    }
    Word(states[tile]).store(kPrefix | static_cast<unsigned>(prefix + sum), cuda::memory_order_release);
    before = prefix;
  }
  __syncthreads();
  y[tile * 128 + t] = before + sum;
}
