// bfe.type d, a, b, c; bfi.type f, a, b, c, d; brev.type d, a; clz.type d, a; popc.type d, a
// (PTX ISA 9.7.1.19, 9.7.1.20, 9.7.1.18, 9.7.1.15, 9.7.1.14). Deviations: none.
#include <bit>
#include <type_traits>

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/operand_forms.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

// Only the low byte of position and length counts. A field beyond the top bit repeats the field's or the word's top bit
// if signed.
struct Extract {
  template <class T>
  T operator()(T a, uint32_t position_operand, uint32_t length_operand) const {
    using Unsigned = std::make_unsigned_t<T>;
    constexpr uint32_t kBits = sizeof(T) * 8;
    const uint32_t position = position_operand & 0xFF, length = length_operand & 0xFF;
    const auto bits = static_cast<Unsigned>(a);
    const Unsigned shifted = position < kBits ? static_cast<Unsigned>(bits >> position) : Unsigned{0};
    const Unsigned mask = length >= kBits ? ~Unsigned{0} : static_cast<Unsigned>((Unsigned{1} << length) - 1);
    if (length == 0) return 0;
    Unsigned sign = 0;
    if constexpr (std::is_signed_v<T>) {
      const uint32_t top = position + length - 1 < kBits - 1 ? position + length - 1 : kBits - 1;
      sign = (bits >> top & 1) != 0 ? ~Unsigned{0} : Unsigned{0};
    }
    const Unsigned available = position < kBits ? static_cast<Unsigned>(~Unsigned{0} >> position) : Unsigned{0};
    const Unsigned taken = mask & available;
    return static_cast<T>((shifted & taken) | (sign & ~taken));
  }
};

struct Insert {
  template <class T>
  T operator()(T a, T b, uint32_t position_operand, uint32_t length_operand) const {
    constexpr uint32_t kBits = sizeof(T) * 8;
    const uint32_t position = position_operand & 0xFF, length = length_operand & 0xFF;
    if (position >= kBits || length == 0) return b;
    const T field = length >= kBits ? ~T{0} : static_cast<T>((T{1} << length) - 1);
    const T mask = static_cast<T>(field << position);
    return (b & ~mask) | (static_cast<T>(a << position) & mask);
  }
};

struct Reverse {
  template <class T>
  T operator()(T a) const {
    T result = 0;
    for (size_t i = 0; i < sizeof(T) * 8; i++) result |= static_cast<T>((a >> i & 1) << (sizeof(T) * 8 - 1 - i));
    return result;
  }
};

struct CountLeadingZeros {
  template <class T>
  uint32_t operator()(T a) const {
    return static_cast<uint32_t>(std::countl_zero(a));
  }
};

struct CountOnes {
  template <class T>
  uint32_t operator()(T a) const {
    return static_cast<uint32_t>(std::popcount(a));
  }
};

constexpr ptx::Type kU32{ptx::TypeClass::unsigned_integer, 32};

ptx::Type take_wide_bits(Decoding& decoding) { return decoding.take_type({"b32", "b64"}); }

template <class Count>
void decode_count(Decoding& decoding) {
  const ptx::Type type = take_wide_bits(decoding);
  decoding.require_operands(2);
  decoding.operation.slots[1] = decoding.source(1, type);
  decoding.operation.slots[0] = decoding.destination(0, kU32);
  decoding.operation.run =
      type.bits == 64 ? &lanewise<Count, uint32_t, uint64_t> : &lanewise<Count, uint32_t, uint32_t>;
}

}  // namespace

void decode_bfe(Decoding& decoding) {
  const ptx::Type type = decoding.take_type({"u32", "u64", "s32", "s64"});
  decoding.require_operands(4);
  auto& operation = decoding.operation;
  operation.slots[1] = decoding.source(1, type);
  operation.slots[2] = decoding.source(2, kU32);
  operation.slots[3] = decoding.source(3, kU32);
  operation.slots[0] = decoding.destination(0, type);
  operation.run =
      with_integer_type(decoding, type, []<class T>() { return &lanewise<Extract, T, T, uint32_t, uint32_t>; });
}

void decode_bfi(Decoding& decoding) {
  const ptx::Type type = take_wide_bits(decoding);
  decoding.require_operands(5);
  auto& operation = decoding.operation;
  operation.slots[1] = decoding.source(1, type);
  operation.slots[2] = decoding.source(2, type);
  operation.slots[3] = decoding.source(3, kU32);
  operation.slots[4] = decoding.source(4, kU32);
  operation.slots[0] = decoding.destination(0, type);
  operation.run = type.bits == 64 ? &lanewise<Insert, uint64_t, uint64_t, uint64_t, uint32_t, uint32_t>
                                  : &lanewise<Insert, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t>;
}

void decode_brev(Decoding& decoding) {
  const ptx::Type type = take_wide_bits(decoding);
  bind_same_type(decoding, type, 1);
  decoding.operation.run =
      type.bits == 64 ? &lanewise<Reverse, uint64_t, uint64_t> : &lanewise<Reverse, uint32_t, uint32_t>;
}

void decode_clz(Decoding& decoding) { decode_count<CountLeadingZeros>(decoding); }
void decode_popc(Decoding& decoding) { decode_count<CountOnes>(decoding); }

}  // namespace decode_lab::instructions
