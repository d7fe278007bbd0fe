// Looks words up in a table in constant memory and switches on their low bits.
__constant__ int table[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
extern "C" __global__ void constant_table(const int* x, int* y) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  int value = table[x[i] & 15];
  switch (x[i] & 7) {
    case 0: value += x[i]; break;
    case 1: value *= 7; break;
    case 2: value ^= 0x55; break;
    case 3: value = -value; break;
    case 4: value <<= 3; break;
    case 5: value = value * value + 11; break;
    case 6: value = ~value; break;
    default: value -= 100; break;
  }
  y[i] = value;
}
