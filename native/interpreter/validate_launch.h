// Does a launch fit its entry? (CUDA Programming Guide, technical specifications per compute capability.)
#pragma once
#include "interpreter/decode.h"
#include "launch.h"

namespace decode_lab::interpreter {

void require_supported_target(const ptx::Module& module);                             // throws PTX_UNSUPPORTED
const ptx::Function& find_entry(const ptx::Module& module, const std::string& name);  // throws LAUNCH_INVALID
void validate_launch(const Launch& launch, const ptx::Module& module, const ptx::Function& entry,
                     const VariableLayout& variables);  // throws LAUNCH_INVALID

}  // namespace decode_lab::interpreter
