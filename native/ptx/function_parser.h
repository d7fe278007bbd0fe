// The body of one `.entry` or `.func`: declarations, labels and instructions (PTX ISA 4.2, 4.3, 5.4).
#pragma once
#include "ptx/cursor.h"
#include "ptx/module.h"

namespace decode_lab::ptx {

// The cursor stands at the '{' of `function`, whose parameters are known.
void parse_body(Cursor& cursor, Function& function, const Module& module);

}  // namespace decode_lab::ptx
