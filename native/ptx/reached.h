// Which functions an entry can run: those that it calls, and those whose address it or a variable that it names holds.
#pragma once
#include <functional>

#include "ptx/module.h"

namespace decode_lab::ptx {

// Fills module.reached; `parse` reads the body of a function when it is first met. Resolves the symbols in the initial
// values of the variables that are met. Throws PTX_INVALID for a name that nothing declares.
void parse_reached(Module& module, Function& entry, const std::function<void(Function&)>& parse);

}  // namespace decode_lab::ptx
