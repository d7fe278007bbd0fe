// ldmatrix.sync.aligned.m8n8.num{.trans}{.ss}.b16 r, [p]; stmatrix.sync.aligned.m8n8.num{.trans}{.ss}.b16 [p], r;
// movmatrix.sync.aligned.m8n8.trans.b16 d, a   (PTX ISA 9.7.14.5.15-17). Weak accesses: lane i of the first 8, 16 or 32
// reads or writes the 16 bytes of row i. A generic address outside the shared window is undefined: reported as out of
// bounds. Deviations: the shapes and formats of sm_100a and later are refused; that sm_75 asks for valid addresses of
// all lanes is not judged.
#include "instructions/data_movement/memory_operand.h"
#include "instructions/decoders.h"
#include "instructions/matrix/form_words.h"
#include "instructions/matrix/whole_warp.h"
#include "machine/address_space.h"
#include "machine/cta.h"
#include "machine/memory.h"
#include "machine/resolver.h"

namespace decode_lab::instructions {

namespace {

constexpr uint32_t kRowBytes = 16, kRows = 8, kMatrixBytes = kRows * kRowBytes;

// A register row is the matrix: eight rows of eight 16-bit elements.
struct Matrix {
  uint16_t element[kRows][kRows];
};

Matrix transposed(const Matrix& matrix) {
  Matrix result;
  for (uint32_t row = 0; row < kRows; row++)
    for (uint32_t column = 0; column < kRows; column++) result.element[column][row] = matrix.element[row][column];
  return result;
}

Matrix read_matrix(Warp& warp, Slot slot) {
  Matrix matrix;
  std::memcpy(&matrix, warp.row<uint32_t>(slot), kMatrixBytes);
  return matrix;
}

void write_matrix(Warp& warp, Slot slot, const Matrix& matrix, LaneMask active) {
  Row<uint32_t> row;
  std::memcpy(row.lane, &matrix, kMatrixBytes);
  write_row(warp, slot, row, active);
}

constexpr uint32_t kTransposed = 16;  // argument: number of matrices | kTransposed
uint32_t matrices(const Operation& operation) { return operation.argument % kTransposed; }

// Lanes that give a row's address; those with a generic address outside shared memory are reported and left out.
LaneMask row_lanes(Warp& warp, const Operation& operation, LaneMask active, machine::Request::Kind kind) {
  LaneMask lanes = active & (kAllLanes >> (kLanes - kRows * matrices(operation)));
  const machine::MemoryAccess& memory = operation.memory;
  if (memory.space != ptx::StateSpace::generic) return lanes;
  machine::Addresses addresses;
  machine::gather_addresses(warp, memory, addresses);
  machine::for_each_lane(lanes, [&](uint32_t lane) {
    const uint64_t address = addresses[lane];
    const ptx::StateSpace space = machine::space_of_generic(address);
    if (space == ptx::StateSpace::shared) return;
    lanes &= ~lane_bit(lane);
    const machine::Fault fault{machine::Fault::Kind::out_of_bounds,
                               kind != machine::Request::Kind::load,
                               space,
                               &operation,
                               &warp.cta(),
                               warp.index(),
                               lane,
                               nullptr,
                               address,
                               0,
                               memory.bytes()};
    for (machine::Observer* observer : warp.cta().observers()) observer->fault(fault);
  });
  return lanes;
}

void run_ldmatrix(Warp& warp, const Operation& operation, LaneMask active) {
  report_missing_lanes(warp, operation, active);
  machine::LaneBytes loaded;
  machine::load(warp, operation, row_lanes(warp, operation, active, machine::Request::Kind::load), loaded);
  for (uint32_t i = 0; i < matrices(operation); i++) {
    Matrix matrix;
    std::memcpy(&matrix, loaded.data() + i * kMatrixBytes, kMatrixBytes);
    const bool transpose = (operation.argument & kTransposed) != 0;
    write_matrix(warp, operation.slots[i], transpose ? transposed(matrix) : matrix, active);
  }
}

void run_stmatrix(Warp& warp, const Operation& operation, LaneMask active) {
  report_missing_lanes(warp, operation, active);
  machine::LaneBytes stored;
  for (uint32_t i = 0; i < matrices(operation); i++) {
    const Matrix matrix = read_matrix(warp, operation.slots[i]);
    const Matrix rows = (operation.argument & kTransposed) != 0 ? transposed(matrix) : matrix;
    std::memcpy(stored.data() + i * kMatrixBytes, &rows, kMatrixBytes);
  }
  machine::store(warp, operation, row_lanes(warp, operation, active, machine::Request::Kind::store), stored);
}

void run_movmatrix(Warp& warp, const Operation& operation, LaneMask active) {
  report_missing_lanes(warp, operation, active);
  write_matrix(warp, operation.slots[0], transposed(read_matrix(warp, operation.slots[1])), active);
}

constexpr ptx::Type kWord{ptx::TypeClass::untyped, 32};

// Fills what loads and stores share; returns the number of matrices.
uint32_t take_rows(Decoding& decoding, size_t address_operand, size_t data_operand) {
  for (const std::string newer : {"m16n16", "m8n16", "m16n8", "b8", "b8x16"})
    if (decoding.take(newer)) decoding.refuse("with ." + newer + ", which needs sm_100a,");
  if (!decoding.take("m8n8")) decoding.invalid("needs the shape .m8n8");
  const std::string num = decoding.take_one_of({"x1", "x2", "x4"});
  if (num.empty()) decoding.invalid("needs .x1, .x2 or .x4");
  if (!decoding.take("b16")) decoding.invalid("needs the type .b16");
  decoding.require_operands(2);
  const auto count = static_cast<uint32_t>(num[1] - '0');
  const ptx::Operand& data = decoding.operand(data_operand);
  if (data.kind != ptx::Operand::Kind::vector || data.elements.size() != count)
    decoding.invalid("needs " + std::to_string(count) + " registers in braces");
  auto& operation = decoding.operation;
  operation.argument = count | (decoding.take("trans") ? kTransposed : 0);
  auto& memory = operation.memory;
  const bool shared = !decoding.take_one_of({"shared", "shared::cta"}).empty();
  memory.space = shared ? ptx::StateSpace::shared : ptx::StateSpace::generic;
  memory.element_bytes = kRowBytes;
  memory.count = 1;
  memory.used_bytes_mask = ~0u;
  bind_address(decoding, decoding.operand(address_operand), decoding.operation.memory);
  return count;
}

}  // namespace

void decode_ldmatrix(Decoding& decoding) {
  require_target(decoding, 75);
  bind_whole_warp(decoding, &run_ldmatrix);
  const uint32_t count = take_rows(decoding, 1, 0);
  for (uint32_t i = 0; i < count; i++)
    decoding.operation.slots[i] = decoding.destination(decoding.operand(0).elements[i], kWord);
}

void decode_stmatrix(Decoding& decoding) {
  require_target(decoding, 90);
  bind_whole_warp(decoding, &run_stmatrix);
  const uint32_t count = take_rows(decoding, 0, 1);
  for (uint32_t i = 0; i < count; i++)
    decoding.operation.slots[i] = decoding.source(decoding.operand(1).elements[i], kWord);
}

void decode_movmatrix(Decoding& decoding) {
  require_target(decoding, 75);
  bind_whole_warp(decoding, &run_movmatrix);
  for (const std::string word : {"m8n8", "trans", "b16"})
    if (!decoding.take(word)) decoding.invalid("needs ." + word);
  decoding.require_operands(2);
  decoding.operation.slots[1] = decoding.source(1, kWord);
  decoding.operation.slots[0] = decoding.destination(0, kWord);
}

}  // namespace decode_lab::instructions
