// Declarations of variables and parameters (PTX ISA 5.1.6, 5.4).
#pragma once
#include "ptx/cursor.h"
#include "ptx/module.h"

namespace decode_lab::ptx {

// The cursor stands behind the state space, e.g. at `.align 16 .b8 global_smem[];` (without its ';').
Variable parse_variable(Cursor& cursor, StateSpace space, bool is_extern);

}  // namespace decode_lab::ptx
