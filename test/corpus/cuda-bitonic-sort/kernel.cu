// Bitonic sort of 256 keys in shared memory.
extern "C" __global__ void bitonic_sort(int* x) {
  __shared__ int keys[256];
  const int t = threadIdx.x;
  keys[t] = x[blockIdx.x * 256 + t];
  keys[t + 128] = x[blockIdx.x * 256 + t + 128];
  for (int size = 2; size <= 256; size *= 2) {
    for (int stride = size / 2; stride > 0; stride /= 2) {
      __syncthreads();
      const int low = 2 * t - (t & (stride - 1)), high = low + stride;
      const bool ascending = (low & size) == 0;
      const int a = keys[low], b = keys[high];
      if ((a > b) == ascending) keys[low] = b, keys[high] = a;
    }
  }
  __syncthreads();
  x[blockIdx.x * 256 + t] = keys[t];
  x[blockIdx.x * 256 + t + 128] = keys[t + 128];
}
