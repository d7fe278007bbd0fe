// The 16-bit type of activations, scales and logits, chosen by ACTIVATION_FLOAT16 on the command line.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace lm_head {

#if ACTIVATION_FLOAT16
using Activation = __half;
using Activation2 = __half2;
static __device__ float to_float(Activation x) { return __half2float(x); }
static __device__ Activation from_float(float x) { return __float2half_rn(x); }
#define MMA_TYPE "f16"
#else
using Activation = __nv_bfloat16;
using Activation2 = __nv_bfloat162;
static __device__ float to_float(Activation x) { return __bfloat162float(x); }
static __device__ Activation from_float(float x) { return __float2bfloat16_rn(x); }
#define MMA_TYPE "bf16"
#endif

// x as the 16-bit type holds it.
static __device__ float rounded(float x) { return to_float(from_float(x)); }

static __device__ unsigned bits_of(Activation2 x) { return *reinterpret_cast<unsigned*>(&x); }
static __device__ Activation2 pair_of(unsigned bits) { return *reinterpret_cast<Activation2*>(&bits); }

}  // namespace lm_head
