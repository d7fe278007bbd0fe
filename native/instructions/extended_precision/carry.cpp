// add.cc addc{.cc} sub.cc subc{.cc} mad.lo/hi.cc madc.lo/hi{.cc}   (PTX ISA 9.7.2.1–9.7.2.6). Deviations: none.
#include "instructions/extended_precision/carry.h"

#include "instructions/decoders.h"
#include "instructions/lanewise.h"
#include "instructions/type_dispatch.h"

namespace decode_lab::instructions {

namespace {

template <class T>
T mad_addend(T a, T b, bool high) {
  using Wide = unsigned __int128;
  constexpr int kBits = sizeof(T) * 8;
  return static_cast<T>(high ? Wide{a} * b >> kBits : Wide{a} * b);
}

// The high half of a signed product, as an unsigned word.
template <class T>
T signed_high(T a, T b) {
  using Signed = std::make_signed_t<T>;
  constexpr int kBits = sizeof(T) * 8;
  return static_cast<T>(static_cast<__int128>(static_cast<Signed>(a)) * static_cast<Signed>(b) >> kBits);
}

// slots: d, a, b, c, carry flag. `argument` bit 0: reads CC.CF, bit 1: writes it, bit 2: signed.
template <class T, CarryChain kWhich>
void run_carry_chain(Warp& warp, const Operation& operation, LaneMask active) {
  T* const d = warp.row<T>(operation.slots[0]);
  const T* const a = warp.row<T>(operation.slots[1]);
  const T* const b = warp.row<T>(operation.slots[2]);
  const T* const c = warp.row<T>(operation.slots[3]);
  LaneMask& flag = warp.registers().predicate(operation.slots[4]);
  const LaneMask carry_in = (operation.argument & 1) != 0 ? flag : 0;
  const bool is_signed = (operation.argument & 4) != 0;
  LaneMask carry_out = 0;
  machine::for_each_lane(active, [&](uint32_t lane) {
    const T in = carry_in >> lane & 1;
    T left = a[lane], right = b[lane];
    if constexpr (kWhich == CarryChain::mad_lo || kWhich == CarryChain::mad_hi) {
      left = kWhich == CarryChain::mad_hi && is_signed ? signed_high(left, right)
                                                       : mad_addend(left, right, kWhich == CarryChain::mad_hi);
      right = c[lane];
    }
    T result;
    bool carry;
    if constexpr (kWhich == CarryChain::sub) {
      T partial;
      carry = __builtin_sub_overflow(left, right, &partial);
      carry |= __builtin_sub_overflow(partial, in, &result);
    } else {
      T partial;
      carry = __builtin_add_overflow(left, right, &partial);
      carry |= __builtin_add_overflow(partial, in, &result);
    }
    d[lane] = result;
    carry_out |= carry ? lane_bit(lane) : 0;
  });
  if ((operation.argument & 2) != 0) flag = (flag & ~active) | carry_out;
}

template <CarryChain kWhich>
machine::Handler handler(ptx::Type type) {
  return type.bits == 64 ? &run_carry_chain<uint64_t, kWhich> : &run_carry_chain<uint32_t, kWhich>;
}

void decode_madc(Decoding& decoding, bool reads) {
  const std::string half = decoding.take_one_of({"lo", "hi"});
  if (half.empty()) decoding.refuse("without .lo or .hi");
  decode_carry_chain(decoding, half == "lo" ? CarryChain::mad_lo : CarryChain::mad_hi, {reads, decoding.take("cc")});
}

}  // namespace

void decode_carry_chain(Decoding& decoding, CarryChain which, CarryUse use) {
  const ptx::Type type = decoding.take_type({"u32", "s32", "u64", "s64"});
  const bool is_mad = which == CarryChain::mad_lo || which == CarryChain::mad_hi;
  decoding.require_operands(is_mad ? 4 : 3);
  auto& operation = decoding.operation;
  for (size_t i = 1; i < decoding.instruction().operands.size(); i++) operation.slots[i] = decoding.source(i, type);
  operation.slots[0] = decoding.destination(0, type);
  operation.slots[4] = decoding.carry_flag();
  operation.argument = (use.reads ? 1 : 0) | (use.writes ? 2 : 0) | (type.is_signed() ? 4 : 0);
  switch (which) {
    case CarryChain::add:
      operation.run = handler<CarryChain::add>(type);
      break;
    case CarryChain::sub:
      operation.run = handler<CarryChain::sub>(type);
      break;
    case CarryChain::mad_lo:
      operation.run = handler<CarryChain::mad_lo>(type);
      break;
    case CarryChain::mad_hi:
      operation.run = handler<CarryChain::mad_hi>(type);
      break;
  }
}

void decode_addc(Decoding& decoding) { decode_carry_chain(decoding, CarryChain::add, {true, decoding.take("cc")}); }
void decode_subc(Decoding& decoding) { decode_carry_chain(decoding, CarryChain::sub, {true, decoding.take("cc")}); }
void decode_madc(Decoding& decoding) { decode_madc(decoding, true); }

}  // namespace decode_lab::instructions
