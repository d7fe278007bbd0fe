// Candidates as 64-bit keys whose unsigned order is: greater value first, then lower token id. 0 is no candidate.
// NaN counts as greater than infinity, as in torch.argmax; -0 equals +0.
#pragma once

namespace lm_head {

using Key = unsigned long long;

static __device__ Key make_key(float value, int token) {
  unsigned bits = __float_as_uint(value + 0.0f);  // -0 becomes +0, any NaN 0x7fffffff
  bits ^= static_cast<int>(bits) < 0 ? 0xffffffffu : 0x80000000u;
  return static_cast<Key>(bits) << 32 | (0xffffffffu - static_cast<unsigned>(token));
}

// -1 for no candidate.
static __device__ int token_of(Key key) { return static_cast<int>(0xffffffffu - static_cast<unsigned>(key)); }

// -infinity for no candidate.
static __device__ float value_of(Key key) {
  const unsigned bits = static_cast<unsigned>(key >> 32);
  if (key == 0) return __uint_as_float(0xff800000u);
  return __uint_as_float(bits ^ (static_cast<int>(bits) < 0 ? 0x80000000u : 0xffffffffu));
}

static __device__ Key greater(Key a, Key b) { return a > b ? a : b; }

}  // namespace lm_head
