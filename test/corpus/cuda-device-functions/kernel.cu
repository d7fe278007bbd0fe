// Calls that stay calls: values and a structure by value, an array by pointer, recursion.
struct Pair {
  float sum, product;
};
__device__ __noinline__ float square(float value) { return value * value + 1; }
__device__ __noinline__ Pair both(float a, float b) { return {a + b, a * b}; }
__device__ __noinline__ void accumulate(const float* values, int count, float* sum) {
  for (int i = 0; i < count; i++) *sum += values[i];
}
__device__ __noinline__ int collatz(int n, int depth) {
  if (n <= 1 || depth == 0) return 0;
  return 1 + collatz(n % 2 == 0 ? n / 2 : 3 * n + 1, depth - 1);
}
extern "C" __global__ void device_functions(const float* x, float* y, int* steps) {
  const int t = blockIdx.x * blockDim.x + threadIdx.x;
  float values[4];
  for (int i = 0; i < 4; i++) values[i] = square(x[(t + i) % 64]);
  const Pair pair = both(values[0], values[1]);
  float sum = pair.sum - pair.product;
  accumulate(values, 4, &sum);
  y[t] = sum;
  steps[t] = collatz(t + 1, 30);
}
