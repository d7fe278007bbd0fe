// Lanes with equal keys form a group; its first lane adds for all of them and hands the old count back.
extern "C" __global__ void match_groups(const int* keys, int* counts, int* ranks) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x % 32, key = keys[i];
  const unsigned group = __match_any_sync(0xffffffff, key);
  const int leader = __ffs(group) - 1;
  int old = 0;
  if (lane == leader) old = atomicAdd(&counts[key], __popc(group));
  old = __shfl_sync(group, old, leader);
  ranks[i] = __popc(group & ((1u << lane) - 1)) + (old >= 0 ? 0 : 1);
}
