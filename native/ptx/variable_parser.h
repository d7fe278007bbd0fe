// Declarations of variables and parameters (PTX ISA 5.1.6, 5.4).
#pragma once
#include "ptx/cursor.h"
#include "ptx/module.h"

namespace decode_lab::ptx {

// The cursor stands behind the state space, e.g. at `.align 16 .b8 global_smem[];` (without its ';').
Variable parse_variable(Cursor& cursor, StateSpace space, bool is_extern);

// The same for all names of a declaration: `.u32 a, b = 3`.
std::vector<Variable> parse_variables(Cursor& cursor, StateSpace space, bool is_extern);

}  // namespace decode_lab::ptx
