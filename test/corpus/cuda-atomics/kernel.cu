// Every kind of atomic on words that all threads share.
#include <cuda_fp16.h>
extern "C" __global__ void atomics(const int* x, int* words, float* sum, double* wide, unsigned long long* longs, __half2* halves) {
  const int value = x[blockIdx.x * blockDim.x + threadIdx.x];
  atomicAdd(&words[0], value);
  atomicMax(&words[1], value);
  atomicMin(&words[2], value);
  atomicOr(&words[3], value);
  atomicAnd(&words[4], ~value);
  atomicXor(&words[5], value);
  atomicInc(reinterpret_cast<unsigned*>(&words[6]), 99u);
  atomicSub(&words[7], value);
  atomicAdd(sum, static_cast<float>(value));
  atomicAdd(wide, static_cast<double>(value));
  atomicAdd(longs, static_cast<unsigned long long>(value & 255));
  atomicMax(&longs[1], static_cast<unsigned long long>(value & 255));
  atomicAdd(halves, __floats2half2_rn(1.0f, static_cast<float>(value & 1)));
  int old = words[8 + blockIdx.x], seen;
  do {
    seen = old;
    old = atomicCAS(&words[16], seen, max(seen, value));
  } while (old != seen);
}
