// The greatest k <= 64 keys that a warp has been offered, in descending order: rank r < 32 in lane r, rank 32 + r in
// `high` of lane r. Every lane of the warp calls every function.
#pragma once
#include "token_key.cuh"

namespace lm_head {

class TopKList {
 public:
  // The k-th key so far, which a candidate has to beat.
  __device__ Key threshold(int k) const {
    return __shfl_sync(kWholeWarp, k <= 32 ? low_ : high_, (k - 1) % 32);
  }

  // Takes every lane's candidate into account; returns whether any entered.
  __device__ bool offer(Key candidate, int k) {
    Key least = threshold(k);
    unsigned lanes = __ballot_sync(kWholeWarp, candidate > least);
    const bool any = lanes != 0;
    for (; lanes != 0; lanes &= lanes - 1) {
      const Key key = __shfl_sync(kWholeWarp, candidate, __ffs(lanes) - 1);
      if (key <= least) continue;
      insert(key);
      least = threshold(k);
    }
    return any;
  }

  // Key of rank `lane` or `32 + lane`.
  __device__ Key low() const { return low_; }
  __device__ Key high() const { return high_; }

 private:
  static constexpr unsigned kWholeWarp = 0xffffffffu;

  __device__ void insert(Key key) {
    const int lane = threadIdx.x % 32;
    const int above = __popc(__ballot_sync(kWholeWarp, low_ > key));
    int above_high = 0;
    if (above == 32) {
      above_high = __popc(__ballot_sync(kWholeWarp, high_ > key));
    } else {
      const Key last = __shfl_sync(kWholeWarp, low_, 31);
      const Key before = __shfl_up_sync(kWholeWarp, low_, 1);
      low_ = lane < above ? low_ : lane == above ? key : before;
      key = last;
    }
    const Key before = __shfl_up_sync(kWholeWarp, high_, 1);
    high_ = lane < above_high ? high_ : lane == above_high ? key : before;
  }

  Key low_ = 0, high_ = 0;
};

}  // namespace lm_head
