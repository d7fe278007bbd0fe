// One operand of an instruction (PTX ISA 6).
#pragma once
#include "ptx/cursor.h"
#include "ptx/module.h"
#include "ptx/scope.h"

namespace decode_lab::ptx {

// `instruction` and `operand` say where a label operand has to be filled in once its scope closes.
Operand parse_operand(Cursor& cursor, Scopes& scopes, uint32_t instruction, uint32_t operand);

}  // namespace decode_lab::ptx
