// Keeps the positive words: one atomic for all lanes of a warp that keep theirs.
#include <cooperative_groups.h>
namespace cg = cooperative_groups;
extern "C" __global__ void warp_aggregated_atomics(const int* x, int* kept, int* count, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n && x[i] > 0) {
    const auto active = cg::coalesced_threads();
    int place = 0;
    if (active.thread_rank() == 0) place = atomicAdd(count, active.size());
    place = active.shfl(place, 0) + active.thread_rank();
    kept[place] = x[i];
  }
}
