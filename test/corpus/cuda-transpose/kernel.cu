// Transposes 32 x 32 tiles through shared memory with a padded row.
extern "C" __global__ void transpose(const float* x, float* y, int width, int height) {
  __shared__ float tile[32][33];
  int column = blockIdx.x * 32 + threadIdx.x, row = blockIdx.y * 32 + threadIdx.y;
  for (int j = 0; j < 32; j += 8)
    if (column < width && row + j < height) tile[threadIdx.y + j][threadIdx.x] = x[(row + j) * width + column];
  __syncthreads();
  column = blockIdx.y * 32 + threadIdx.x, row = blockIdx.x * 32 + threadIdx.y;
  for (int j = 0; j < 32; j += 8)
    if (column < height && row + j < width) y[(row + j) * height + column] = tile[threadIdx.x][threadIdx.y + j];
}
