// One `.entry`: its parameters, performance directives and body (PTX ISA 4.3, 5.1.6, 11.2.1, 11.4).
#pragma once
#include "ptx/cursor.h"
#include "ptx/module.h"

namespace decode_lab::ptx {

// The cursor stands behind `.entry`. Skips the body unless the entry's name is `wanted`.
Function parse_entry(Cursor& cursor, const Module& module, std::string_view wanted);

}  // namespace decode_lab::ptx
