// c = a b with two tiles in dynamic shared memory of the size that the launch gives.
extern "C" __global__ void dynamic_shared(const float* a, const float* b, float* c, int n) {
  extern __shared__ float tiles[];
  const int side = blockDim.x, x = threadIdx.x, y = threadIdx.y;
  float *left = tiles, *right = tiles + side * side;
  float sum = 0;
  for (int start = 0; start < n; start += side) {
    left[y * side + x] = a[(blockIdx.y * side + y) * n + start + x];
    right[y * side + x] = b[(start + y) * n + blockIdx.x * side + x];
    __syncthreads();
    for (int i = 0; i < side; i++) sum += left[y * side + i] * right[i * side + x];
    __syncthreads();
  }
  c[(blockIdx.y * side + y) * n + blockIdx.x * side + x] = sum;
}
