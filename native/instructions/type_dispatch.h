// From a runtime PTX type to a template argument.
#pragma once
#include <cstdint>

#include "instructions/decoding.h"

namespace decode_lab::instructions {

// Calls visit.template operator()<T>() with the C++ integer type of `type`; .b types count as unsigned.
template <class Visit>
auto with_integer_type(Decoding& decoding, ptx::Type type, Visit&& visit) {
  const bool is_signed = type.is_signed();
  switch (type.bits) {
    case 16:
      return is_signed ? visit.template operator()<int16_t>() : visit.template operator()<uint16_t>();
    case 32:
      return is_signed ? visit.template operator()<int32_t>() : visit.template operator()<uint32_t>();
    case 64:
      return is_signed ? visit.template operator()<int64_t>() : visit.template operator()<uint64_t>();
    default:
      decoding.refuse("of type ." + to_string(type));
  }
}

// The same for .b types and all others by width alone: uint16_t, uint32_t or uint64_t.
template <class Visit>
auto with_width(Decoding& decoding, ptx::Type type, Visit&& visit) {
  switch (type.bits) {
    case 16:
      return visit.template operator()<uint16_t>();
    case 32:
      return visit.template operator()<uint32_t>();
    case 64:
      return visit.template operator()<uint64_t>();
    default:
      decoding.refuse("of type ." + to_string(type));
  }
}

}  // namespace decode_lab::instructions
