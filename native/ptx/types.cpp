#include "ptx/types.h"

#include <array>
#include <utility>

namespace decode_lab::ptx {

namespace {
constexpr std::array<std::pair<std::string_view, Type>, 23> kTypes{{
    {"b8", {TypeClass::untyped, 8}},
    {"b16", {TypeClass::untyped, 16}},
    {"b32", {TypeClass::untyped, 32}},
    {"b64", {TypeClass::untyped, 64}},
    {"u8", {TypeClass::unsigned_integer, 8}},
    {"u16", {TypeClass::unsigned_integer, 16}},
    {"u32", {TypeClass::unsigned_integer, 32}},
    {"u64", {TypeClass::unsigned_integer, 64}},
    {"s8", {TypeClass::signed_integer, 8}},
    {"s16", {TypeClass::signed_integer, 16}},
    {"s32", {TypeClass::signed_integer, 32}},
    {"s64", {TypeClass::signed_integer, 64}},
    {"f16", {TypeClass::half, 16}},
    {"f16x2", {TypeClass::half_x2, 32}},
    {"bf16", {TypeClass::bfloat, 16}},
    {"bf16x2", {TypeClass::bfloat_x2, 32}},
    {"u16x2", {TypeClass::unsigned_integer_x2, 32}},
    {"s16x2", {TypeClass::signed_integer_x2, 32}},
    {"f32", {TypeClass::floating, 32}},
    {"f64", {TypeClass::floating, 64}},
    {"pred", kPredicate},
    {"b128", {TypeClass::untyped, 128}},
    {"tf32", {TypeClass::untyped, 32}},
}};
}  // namespace

std::optional<Type> parse_type(std::string_view word) {
  for (const auto& [name, type] : kTypes)
    if (name == word) return type;
  return std::nullopt;
}

std::string to_string(Type type) {
  for (const auto& [name, known] : kTypes)
    if (known == type) return std::string(name);
  return "b" + std::to_string(type.bits);
}

std::string to_string(StateSpace space) {
  switch (space) {
    case StateSpace::generic:
      return "generic";
    case StateSpace::global:
      return "global";
    case StateSpace::shared:
      return "shared";
    case StateSpace::local:
      return "local";
    case StateSpace::param:
      return "param";
    case StateSpace::constant:
      return "const";
    case StateSpace::none:
      break;
  }
  return "none";
}

}  // namespace decode_lab::ptx
