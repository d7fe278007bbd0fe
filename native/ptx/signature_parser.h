// Parameter lists and the directives between a function's name and its body (PTX ISA 5.1.6, 11.2, 11.4, 11.7).
#pragma once
#include "ptx/cursor.h"
#include "ptx/module.h"

namespace decode_lab::ptx {

// `(…)` of an entry: its parameters.
void parse_kernel_parameters(Cursor& cursor, Function& entry);
// `(…)` of a device function, a prototype: parameters or results.
std::deque<Variable> parse_formals(Cursor& cursor, ParameterRole role);
// Up to '{' or ';'.
void parse_directives(Cursor& cursor, Function& function);
// .noreturn, .abi_preserve N and .abi_preserve_control N behind a prototype. Returns whether there was a .noreturn.
bool parse_prototype_directives(Cursor& cursor);
// Throws PTX_INVALID unless two declarations of `name` agree.
void require_same_signature(const Signature& a, const Signature& b, const std::string& name, int line);

}  // namespace decode_lab::ptx
