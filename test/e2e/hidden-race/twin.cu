// Neighbours swap their values, and each thread reads the last one as well. While WITH_LAST is off the optimiser drops that
// read, and with it every trace of a data race; code without optimisation keeps it.
#ifndef WITH_LAST
#define WITH_LAST 0
#endif

extern "C" __global__ void __launch_bounds__(64) swap_neighbours(const float* x, float* out) {
  __shared__ float values[64];
  const int thread = threadIdx.x;
  values[thread] = x[thread];
  __syncthreads();
  const float last = values[63];
  __syncthreads();
  out[thread] = values[thread ^ 1] + (WITH_LAST ? last : 0.0f);
}
