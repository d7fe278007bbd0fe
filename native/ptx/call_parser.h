// Calls and the lists that name their targets (PTX ISA 9.7.12.4, 9.7.12.5, 11.3).
#pragma once
#include "ptx/cursor.h"
#include "ptx/module.h"
#include "ptx/scope.h"

namespace decode_lab::ptx {

// Behind `call{.uni}`, up to and with ';'. Operands: callee, vector of results, vector of arguments, and for a call
// through a register its prototype or targets.
std::vector<Operand> parse_call(Cursor& cursor, Scopes& scopes);

// Behind `label:`, if a .branchtargets, .calltargets or .callprototype follows; with its ';'.
bool parse_target_list(Cursor& cursor, Scopes& scopes, Function& function, const std::string& label, int line);

// Behind `brx.idx{.uni}`, up to and with ';': the index and one label for every target of the list.
std::vector<Operand> parse_indexed_branch(Cursor& cursor, Scopes& scopes, uint32_t instruction);

}  // namespace decode_lab::ptx
