// Exclusive sums of 512 words by Blelloch's up and down sweeps, with padding against bank conflicts.
#define AT(i) ((i) + (i) / 32)
extern "C" __global__ void scan(const int* x, int* y) {
  __shared__ int tree[512 + 16];
  const int t = threadIdx.x;
  x += blockIdx.x * 512;
  y += blockIdx.x * 512;
  tree[AT(t)] = x[t];
  tree[AT(t + 256)] = x[t + 256];
  int step = 1;
  for (int nodes = 256; nodes > 0; nodes /= 2, step *= 2) {
    __syncthreads();
    if (t < nodes) tree[AT(step * (2 * t + 2) - 1)] += tree[AT(step * (2 * t + 1) - 1)];
  }
  if (t == 0) tree[AT(511)] = 0;
  for (int nodes = 1; nodes <= 256; nodes *= 2) {
    step /= 2;
    __syncthreads();
    if (t < nodes) {
      const int left = AT(step * (2 * t + 1) - 1), right = AT(step * (2 * t + 2) - 1);
      const int sum = tree[left];
      tree[left] = tree[right];
      tree[right] += sum;
    }
  }
  __syncthreads();
  y[t] = tree[AT(t)];
  y[t + 256] = tree[AT(t + 256)];
}
