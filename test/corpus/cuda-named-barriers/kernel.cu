// Warp 0 fills two slots in turn, warps 1 and 2 drain them; named barriers say when a slot is full and when it is free.
__device__ void wait(int barrier) { asm volatile("bar.sync %0, 96;" ::"r"(barrier) : "memory"); }
__device__ void arrive(int barrier) { asm volatile("bar.arrive %0, 96;" ::"r"(barrier) : "memory"); }
extern "C" __global__ void named_barriers(const int* x, int* y, int rounds) {
  __shared__ int slots[2][64];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  if (warp == 0) {
    for (int round = 0; round < rounds; round++) {
      const int slot = round % 2;
      if (round >= 2) wait(3 + slot);
      slots[slot][lane] = x[round * 64 + lane];
      slots[slot][lane + 32] = x[round * 64 + lane + 32];
      arrive(1 + slot);
    }
  } else {
    const int at = threadIdx.x - 32;
    int sum = 0;
    for (int round = 0; round < rounds; round++) {
      const int slot = round % 2;
      wait(1 + slot);
      sum += slots[slot][63 - at];
      if (round + 2 < rounds) arrive(3 + slot);
    }
    y[at] = sum;
  }
}
