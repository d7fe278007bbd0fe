// z = x + y, four elements a thread, with a loop over the grid and a tail.
extern "C" __global__ void vector_add(const float4* x, const float4* y, float4* z, int n) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    const float4 a = x[i], b = y[i];
    z[i] = make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
  }
}
