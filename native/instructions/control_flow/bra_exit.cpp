// bra{.uni} label; brx.idx{.uni} index, list; ret{.uni}; exit; trap; brkpt   (PTX ISA 9.7.12.3, 9.7.12.4, 9.7.12.6,
// 9.7.12.7, 9.7.19.4, 9.7.19.1). An entry's ret is an exit. .uni promises convergence; divergence is computed from the
// lanes themselves, so the promise is not needed. An index behind the end of the list, which is undefined, traps.
// Deviation: brkpt ends the launch, as no debugger could go on from it.
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

void decode_brx(Decoding& decoding) {
  if (!decoding.take("idx")) decoding.invalid("needs .idx");
  decoding.take("uni");
  if (decoding.operand(0).kind != ptx::Operand::Kind::reg) decoding.invalid("needs a register as its index");
  for (size_t i = 1; i < decoding.instruction().operands.size(); i++)
    decoding.branch_targets.push_back(static_cast<uint32_t>(decoding.operand(i).offset));
  decoding.operation.slots[0] = decoding.source(0, {ptx::TypeClass::unsigned_integer, 32});
  decoding.operation.kind = Operation::Kind::branch_indexed;
}

void decode_ret(Decoding& decoding) {
  decoding.take("uni");
  decoding.require_operands(0);
  decoding.operation.kind = decoding.layout().is_entry() ? Operation::Kind::exit : Operation::Kind::ret;
}

void decode_exit(Decoding& decoding) {
  decoding.require_operands(0);
  decoding.operation.kind = Operation::Kind::exit;
}

void decode_trap(Decoding& decoding) {
  decoding.require_operands(0);
  decoding.operation.kind = Operation::Kind::trap;
}

void decode_brkpt(Decoding& decoding) { decode_trap(decoding); }

}  // namespace decode_lab::instructions
