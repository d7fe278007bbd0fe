// bra{.uni} label; ret{.uni}; exit; trap   (PTX ISA 9.7.12.3, 9.7.12.6, 9.7.12.7, 9.7.19.4). An entry's ret is an exit.
// .uni promises convergence; divergence is computed from the lanes themselves, so the promise is not needed.
#include "instructions/decoders.h"

namespace decode_lab::instructions {

using machine::Operation;

void decode_bra(Decoding& decoding) {
  decoding.take("uni");
  decoding.require_operands(1);
  if (decoding.operand(0).kind != ptx::Operand::Kind::label) decoding.refuse("to anything but a label");
  decoding.operation.kind = Operation::Kind::branch;
  decoding.operation.target = static_cast<uint32_t>(decoding.operand(0).offset);
}

void decode_ret(Decoding& decoding) {
  decoding.take("uni");
  decoding.require_operands(0);
  decoding.operation.kind = Operation::Kind::exit;
}

void decode_exit(Decoding& decoding) {
  decoding.require_operands(0);
  decoding.operation.kind = Operation::Kind::exit;
}

void decode_trap(Decoding& decoding) {
  decoding.require_operands(0);
  decoding.operation.kind = Operation::Kind::trap;
}

}  // namespace decode_lab::instructions
