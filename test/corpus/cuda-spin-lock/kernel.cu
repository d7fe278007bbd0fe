// Threads add to two words of a record under the record's lock, several threads of a warp to the same one.
extern "C" __global__ void spin_lock(const int* keys, int* locks, int* records, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const int key = keys[i];
  for (bool done = false; !done;) {
    if (atomicCAS(&locks[key], 0, 1) == 0) {
      __threadfence();
      records[2 * key] += 1;
      records[2 * key + 1] += i;
      __threadfence();
      atomicExch(&locks[key], 0);
      done = true;
    }
  }
}
