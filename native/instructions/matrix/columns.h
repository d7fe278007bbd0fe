// Eight columns of a matrix side by side, as vectors of the compiler (GCC and Clang, on every machine).
#pragma once
#include <cstdint>
#include <cstring>

namespace decode_lab::instructions {

inline constexpr uint32_t kColumns = 8;

using Floats [[gnu::vector_size(kColumns * sizeof(float))]] = float;
using Integers [[gnu::vector_size(kColumns * sizeof(int32_t))]] = int32_t;
using Doubles [[gnu::vector_size(kColumns * sizeof(double))]] = double;
using Longs [[gnu::vector_size(kColumns * sizeof(int64_t))]] = int64_t;

template <class Vector>
void load_columns(Vector& to, const void* from) {
  std::memcpy(&to, from, sizeof to);
}

}  // namespace decode_lab::instructions
