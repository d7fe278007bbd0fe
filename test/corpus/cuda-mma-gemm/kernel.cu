// c = a b with cp.async, a swizzled ring of two stages, ldmatrix and mma.sync; 32 x 32 tiles, four warps.
#include <cuda_bf16.h>
#include <cstdint>
constexpr int kTile = 32, kDepth = 32;
__device__ int place(int row, int chunk) { return row * kDepth + ((chunk ^ (row / 2)) & 3) * 8; }
__device__ uint32_t address(const void* pointer) { return static_cast<uint32_t>(__cvta_generic_to_shared(pointer)); }
__device__ void fill(__nv_bfloat16* tile, const __nv_bfloat16* from, int stride) {
  const int row = threadIdx.x / 4, chunk = threadIdx.x % 4;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(address(tile + place(row, chunk))), "l"(from + row * stride + chunk * 8));
}
extern "C" __global__ void mma_gemm(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c, int n, int k) {
  __shared__ alignas(16) __nv_bfloat16 left[2][kTile * kDepth], right[2][kTile * kDepth];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, wr = warp / 2 * 16, wc = warp % 2 * 16;
  a += blockIdx.y * kTile * k;
  b += blockIdx.x * kTile * k;
  float sums[2][4] = {};
  fill(left[0], a, k);
  fill(right[0], b, k);
  asm volatile("cp.async.commit_group;");
  for (int start = 0, stage = 0; start < k; start += kDepth, stage ^= 1) {
    if (start + kDepth < k) {
      fill(left[stage ^ 1], a + start + kDepth, k);
      fill(right[stage ^ 1], b + start + kDepth, k);
    }
    asm volatile("cp.async.commit_group;");
    asm volatile("cp.async.wait_group 1;" ::: "memory");
    __syncthreads();
    for (int i = 0; i < kDepth / 16; i++) {
      uint32_t fa[4], fb[4];
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                   : "=r"(fa[0]), "=r"(fa[1]), "=r"(fa[2]), "=r"(fa[3])
                   : "r"(address(left[stage] + place(wr + lane % 16, i * 2 + lane / 16))));
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                   : "=r"(fb[0]), "=r"(fb[1]), "=r"(fb[2]), "=r"(fb[3])
                   : "r"(address(right[stage] + place(wc + lane % 16, i * 2 + lane / 16))));
      for (int j = 0; j < 2; j++)
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                     : "+f"(sums[j][0]), "+f"(sums[j][1]), "+f"(sums[j][2]), "+f"(sums[j][3])
                     : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]), "r"(fb[j]), "r"(fb[j + 2]));
    }
    __syncthreads();
  }
  for (int j = 0; j < 2; j++)
    for (int e = 0; e < 4; e++)
      c[(blockIdx.y * kTile + wr + lane / 4 + e / 2 * 8) * n + blockIdx.x * kTile + wc + j * 8 + lane % 4 * 2 + e % 2] = sums[j][e];
}
