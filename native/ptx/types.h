// Fundamental types and state spaces (PTX ISA 5.1, 5.2).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace decode_lab::ptx {

enum class StateSpace : uint8_t { none, generic, global, shared, local, param, constant };

enum class TypeClass : uint8_t {
  untyped,
  unsigned_integer,
  signed_integer,
  unsigned_integer_x2,
  signed_integer_x2,
  floating,
  half,
  half_x2,
  bfloat,
  bfloat_x2,
  predicate
};

struct Type {
  TypeClass type_class;
  uint32_t bits;
  uint32_t bytes() const { return bits / 8; }
  bool is_integer() const {
    return type_class == TypeClass::unsigned_integer || type_class == TypeClass::signed_integer;
  }
  bool is_pair_of_integers() const {
    return type_class == TypeClass::unsigned_integer_x2 || type_class == TypeClass::signed_integer_x2;
  }
  bool is_signed() const { return type_class == TypeClass::signed_integer; }
  bool operator==(const Type&) const = default;
};

inline constexpr Type kPredicate{TypeClass::predicate, 1};

// ".b32" without its dot; nothing if the word names no type that the machine's registers can hold.
std::optional<Type> parse_type(std::string_view word);
std::string to_string(Type type);
std::string to_string(StateSpace space);

}  // namespace decode_lab::ptx
