// griddepcontrol.{launch_dependents,wait}   (PTX ISA 9.7.13.13). One launch has no prerequisite grid to wait for and no
// dependent grid to start, so neither has an effect.
#include "instructions/decoders.h"
#include "instructions/no_effect.h"

namespace decode_lab::instructions {

void decode_griddepcontrol(Decoding& decoding) {
  decoding.require_target(90);
  if (decoding.take_one_of({"launch_dependents", "wait"}).empty()) decoding.refuse("");
  decoding.require_operands(0);
  decoding.operation.run = &no_effect;
}

}  // namespace decode_lab::instructions
