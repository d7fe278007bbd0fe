// A parsed PTX module: names resolved within their scopes, instructions still in the words of the text.
#pragma once
#include <array>
#include <charconv>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptx/types.h"

namespace decode_lab::ptx {

// A module-scope or function-scope variable (PTX ISA 5.4). `size` is in bytes; 0 for `.extern .shared`.
struct Variable {
  std::string name;
  StateSpace space;
  Type type;
  uint64_t size;
  uint32_t align;
  bool is_extern;
  bool is_pointer;               // a kernel parameter declared `.ptr` or of 64 bits
  std::vector<uint8_t> initial;  // the first bytes; the module leaves the rest zero
  int line;
};

struct Register {
  std::string name;
  Type type;
};

// One source position of a `.loc` (PTX ISA 11.5.4); `inlined_at` is an index into Function::locations or -1.
struct Location {
  uint32_t file;
  int line;
  int column;
  int inlined_at;
};

struct Operand {
  enum class Kind : uint8_t { reg, immediate, floating_immediate, address, vector, variable, special, label, sink };
  Kind kind;
  bool negated = false;    // !%p
  bool minus = false;      // -%r of vmad
  std::string selector;    // of a register: "b0" of %r.b0, "h10" of %r.h10 (PTX ISA 9.7.18)
  int reg = -1;            // Kind::reg: index into Function::registers; Kind::address: base register or -1
  uint64_t bits = 0;       // immediates: 64-bit integer or IEEE double
  bool is_single = false;  // floating immediate written as 0f…; `bits` holds the single
  int64_t offset = 0;      // address and variable: byte offset; label: index of the instruction it stands before
  std::string name;        // variable, special register or label
  const Variable* variable = nullptr;
  std::vector<Operand> elements;  // vector
};

struct Instruction {
  std::string mnemonic;                // "ld"
  std::vector<std::string> modifiers;  // "global", "v4", "b32"
  std::string text;                    // "ld.global.v4.b32"
  int guard = -1;                      // predicate register
  bool guard_negated = false;
  std::vector<Operand> operands;
  std::optional<Operand> second_destination;  // the q of p|q
  int location = -1;                          // index into Function::locations
  uint32_t used_bytes_mask = ~0u;             // `.pragma "used_bytes_mask …"` in front of a load
  int line;
};

struct Function {
  std::string name;
  std::deque<Variable> parameters;
  std::deque<Variable> variables;  // .shared and .local declared inside
  std::vector<Register> registers;
  std::vector<Instruction> instructions;
  std::vector<Location> locations;
  std::optional<std::array<uint32_t, 3>> reqntid, maxntid;
  int line;
};

struct Module {
  std::string version;  // "8.8"
  std::string target;   // "sm_80"
  std::map<uint32_t, std::string> files;
  std::deque<Variable> variables;
  std::deque<Function> entries;

  // 80 for "sm_80", 90 for "sm_90a".
  uint32_t target_number() const {
    uint32_t number = 0;
    std::from_chars(target.data() + 3, target.data() + target.size(), number);
    return number;
  }
};

// Reads the body of `entry` and the declarations of all entries; bodies of the others may hold what is not supported.
// Throws PTX_SYNTAX, PTX_INVALID (unknown or repeated names) and PTX_UNSUPPORTED, each with its line.
Module parse(std::string_view text, std::string_view entry);

}  // namespace decode_lab::ptx
