// From a column's fp32 sum to the number that is compared and the number that is reported.
// round_logits 0: fp32 to the end; the cap plays no part in comparisons, since it is monotone.
// round_logits 1: what vLLM compares. Its GEMM writes 16-bit logits (a scale per channel multiplies the 16-bit sum), and
// its LogitsProcessor divides by the cap, takes tanh and multiplies by the cap, each an operation in the logits' dtype.
#pragma once
#include "activation.cuh"

namespace lm_head {

struct LogitRule {
  float softcap, inverse_softcap;  // softcap 0: none
  bool round_logits;

  __device__ LogitRule(float cap, int rounds)
      : softcap(cap), inverse_softcap(cap == 0.0f ? 0.0f : 1.0f / cap), round_logits(rounds != 0) {}

  // A column's logit before the cap; `scale` is 1 where scales are in the weights.
  __device__ float uncapped(float sum, float scale) const {
#if PER_CHANNEL
    return round_logits ? rounded(rounded(sum) * scale) : sum * scale;
#else
    return round_logits ? rounded(sum) : sum;
#endif
  }

  // The logit as it is compared. torch divides a CUDA tensor by a number as a product with its fp32 reciprocal.
  __device__ float compared(float logit) const {
    if (!round_logits || softcap == 0.0f) return logit;
    return rounded(rounded(tanhf(rounded(logit * inverse_softcap))) * softcap);
  }

  // A compared logit as it is reported.
  __device__ float reported(float logit) const {
    if (round_logits || softcap == 0.0f) return logit;
    return softcap * tanhf(logit * inverse_softcap);
  }
};

}  // namespace lm_head
