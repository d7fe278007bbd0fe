// The four largest of each row: each round finds the largest by a tree and strikes it out.
extern "C" __global__ void top_k(const float* x, float* values, int* indices, int columns) {
  __shared__ float best[128];
  __shared__ int where[128];
  extern __shared__ float row[];
  const int t = threadIdx.x;
  for (int i = t; i < columns; i += 128) row[i] = x[blockIdx.x * columns + i];
  for (int round = 0; round < 4; round++) {
    __syncthreads();
    best[t] = -1e30f, where[t] = 0;
    for (int i = t; i < columns; i += 128)
      if (row[i] > best[t]) best[t] = row[i], where[t] = i;
    for (int half = 64; half > 0; half /= 2) {
      __syncthreads();
      if (t < half && best[t + half] > best[t]) best[t] = best[t + half], where[t] = where[t + half];
    }
    if (t == 0) {
      values[blockIdx.x * 4 + round] = best[0];
      indices[blockIdx.x * 4 + round] = where[0];
      row[where[0]] = -1e30f;
    }
  }
}
