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

struct Function;
struct Variable;

// Bytes of an initial value that depend on where a variable or function lies (PTX ISA 5.4.4).
struct SymbolBytes {
  uint64_t at;  // byte of the variable
  uint32_t bytes;
  uint32_t shift;  // mask(): the lowest bit that is taken
  bool generic;    // generic(): the generic address, not the offset within the state space
  int64_t addend;
  std::string name;
  int line;
  const Variable* variable = nullptr;  // one of the two
  const Function* function = nullptr;
};

// Whose a .param variable is (PTX ISA 5.1.6). All but the kernel's are private to a thread and lie on its stack.
enum class ParameterRole : uint8_t { none, kernel, input, result, argument };

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
  std::vector<SymbolBytes> symbols;
  int line;
  ParameterRole role = ParameterRole::none;
  bool in_register = false;  // a formal parameter in .reg: `reg` once the body has been read
  int reg = -1;
  uint64_t call_offset = 0;  // input, result, argument: byte within the function's parameter area
  bool on_stack() const { return role > ParameterRole::kernel; }
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
  enum class Kind : uint8_t {
    reg,
    immediate,
    floating_immediate,
    address,
    vector,
    variable,
    special,
    label,
    sink,
    function,
    prototype,  // of an indirect call
    targets     // of an indirect call: vector elements name the functions
  };
  Kind kind;
  bool negated = false;    // !%p
  bool minus = false;      // -%r of vmad
  std::string selector;    // of a register: "b0" of %r.b0, "h10" of %r.h10 (PTX ISA 9.7.18)
  int reg = -1;            // Kind::reg: index into Function::registers; Kind::address: base register or -1
  uint64_t bits = 0;       // immediates: 64-bit integer or IEEE double
  bool is_single = false;  // floating immediate written as 0f…; `bits` holds the single
  int64_t offset = 0;      // address and variable: byte offset; label: index of the instruction it stands before
  std::string name;        // variable, special register, function or label
  const Variable* variable = nullptr;
  const Function* function = nullptr;
  const struct Signature* prototype = nullptr;
  std::vector<Operand> elements;  // vector
};

struct Instruction {
  std::string mnemonic;                // "ld"
  std::vector<std::string> modifiers;  // "global", "v4", "b32"
  std::string text;                    // "ld.global.v4.b32"
  int guard = -1;                      // predicate register
  bool guard_negated = false;
  std::vector<Operand> operands;  // call: callee, vector of results, vector of arguments, [prototype or targets]
  std::optional<Operand> second_destination;  // the q of p|q
  int location = -1;                          // index into Function::locations
  uint32_t used_bytes_mask = ~0u;             // `.pragma "used_bytes_mask …"` in front of a load
  int line;
};

// What a call and its callee must agree on.
struct Signature {
  std::deque<Variable> results, parameters;
  bool never_returns = false;
};

struct Function : Signature {
  std::string name;
  bool is_entry = false;
  bool has_body = false;
  std::deque<Variable> variables;  // declared inside
  std::deque<Signature> prototypes;
  uint64_t call_bytes = 0;  // of the parameter area
  std::vector<Register> registers;
  std::vector<Instruction> instructions;  // empty unless the module reaches the function from the wanted entry
  std::vector<Location> locations;
  std::optional<std::array<uint32_t, 3>> reqntid, maxntid, cluster;
  bool explicit_cluster = false;
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
  bool target_is_specific() const { return target.ends_with('a'); }  // "sm_90a": that architecture and no other
  std::deque<Function> functions;                                    // device functions, declared or defined
  std::vector<const Function*> reached;  // those with a body that the wanted entry may run, itself first
  std::map<std::string, Function*, std::less<>> function_names;  // aliases too
  std::map<std::string, Variable*, std::less<>> variable_names;

  const Function* find_function(std::string_view name) const;  // null if there is none
  const Variable* find_variable(std::string_view name) const;
};

// Reads the body of `entry`, the bodies of what it can reach, and the declarations of all entries; other bodies may
// hold what is not supported.
// Throws PTX_SYNTAX, PTX_INVALID (unknown or repeated names) and PTX_UNSUPPORTED, each with its line.
Module parse(std::string_view text, std::string_view entry);

}  // namespace decode_lab::ptx
