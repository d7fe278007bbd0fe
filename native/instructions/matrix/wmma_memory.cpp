// wmma.load.{a,b,c}.sync.aligned.layout.shape{.ss}.type r, [p]{, stride};
// wmma.store.d.sync.aligned.layout.shape{.ss}.type [p], r{, stride}   (PTX ISA 9.7.14.4.3, 9.7.14.4.4). Weak accesses:
// each lane reads or writes the elements of its own registers, a register at once where they lie side by side.
// Deviations: the alignment of each access is judged, not that of rows to the size of a fragment (9.7.14.4.2), which
// CUDA C++ does not ask for; lanes with different p or stride, which is undefined, each use their own.
#include <algorithm>

#include "instructions/data_movement/memory_operand.h"
#include "instructions/matrix/whole_warp.h"
#include "instructions/matrix/wmma.h"
#include "machine/memory.h"

namespace decode_lab::instructions {

namespace {

enum class Which : uint32_t { a, b, sums };

// Travels in Operation::argument.
struct FragmentForm {
  Which which : 2;
  uint32_t bits : 7;  // of one element
  uint32_t eighth_m : 3;
  uint32_t eighth_n : 3;
  uint32_t quarter_k : 7;
  uint32_t by_columns : 1;  // the layout in memory
  uint32_t wide_address : 1;

  uint32_t rows() const { return which == Which::b ? quarter_k * 4 : eighth_m * 8; }
  uint32_t columns() const { return which == Which::a ? quarter_k * 4 : eighth_n * 8; }
  uint32_t per_register() const { return bits < 32 ? 32 / bits : 1; }
  uint32_t registers() const { return rows() * columns() / kLanes / per_register(); }
  uint32_t register_bytes() const { return bits == 64 ? 8 : 4; }
  // Elements that one access moves: those of a register, if they are neighbours in memory.
  uint32_t per_access() const { return (which == Which::b) == (by_columns != 0) ? per_register() : 1; }

  // Index in memory of element i of register r.
  uint64_t index(uint32_t lane, uint32_t r, uint32_t i, uint64_t stride) const {
    const uint32_t line = lane / 4, across = lane % 4;
    uint32_t row = 0, column = 0;
    if (which == Which::sums) {
      const uint32_t paired = per_register() == 1 ? 2 : 1, block = r / paired;
      row = block % eighth_m * 8 + line;
      column = block / eighth_m * 8 + across * 2 + (paired == 2 ? r % 2 : i);
    } else {
      const uint32_t blocks = which == Which::a ? eighth_m : quarter_k / per_register();
      const uint32_t line_block = which == Which::a ? r % blocks : r / blocks;
      const uint32_t depth_block = which == Which::a ? r / blocks : r % blocks;
      const uint32_t along = (depth_block * 4 + across) * per_register() + i;
      row = which == Which::a ? line_block * 8 + line : along;
      column = which == Which::a ? along : line_block * 8 + line;
    }
    return by_columns != 0 ? column * stride + row : row * stride + column;
  }
};
static_assert(sizeof(FragmentForm) == sizeof(Operation::argument));

// slots: base of the address or kNoSlot, its offset, stride. operation.memory.address is a scratch row.
void place_addresses(Warp& warp, const Operation& operation, const FragmentForm& form, uint32_t r, uint32_t i,
                     LaneMask active) {
  const uint64_t* const offset = warp.row<uint64_t>(operation.slots[1]);
  const uint32_t* const stride = warp.row<uint32_t>(operation.slots[2]);
  uint64_t* const address = warp.row<uint64_t>(operation.memory.address);
  machine::for_each_lane(active, [&](uint32_t lane) {
    uint64_t base = offset[lane];
    if (operation.slots[0] != machine::kNoSlot)
      base += form.wide_address != 0 ? warp.row<uint64_t>(operation.slots[0])[lane]
                                     : warp.row<uint32_t>(operation.slots[0])[lane];
    address[lane] = base + form.index(lane, r, i, stride[lane]) * form.bits / 8;
  });
}

// A register of every lane as bytes.
struct RegisterBytes {
  explicit RegisterBytes(const FragmentForm& form) : each(form.register_bytes()) {}
  std::byte* of(uint32_t lane) { return bytes.data() + size_t{lane} * each; }
  std::array<std::byte, size_t{kLanes} * sizeof(uint64_t)> bytes{};
  uint32_t each;
};

void run_wmma_load(Warp& warp, const Operation& operation, LaneMask active) {
  report_missing_lanes(warp, operation, active);
  const auto form = std::bit_cast<FragmentForm>(operation.argument);
  const uint32_t bytes = operation.memory.bytes();
  for (uint32_t r = 0; r < form.registers(); r++) {
    RegisterBytes values(form);
    for (uint32_t i = 0; i < form.per_register(); i += form.per_access()) {
      place_addresses(warp, operation, form, r, i, active);
      machine::LaneBytes loaded;
      machine::load(warp, operation, active, loaded);
      for (uint32_t lane = 0; lane < kLanes; lane++)
        std::memcpy(values.of(lane) + i * bytes, loaded.data() + size_t{lane} * bytes, bytes);
    }
    for (uint32_t copy = r; copy < operation.registers.size(); copy += form.registers()) {
      std::byte* const row = warp.row<std::byte>(operation.registers[copy]);
      machine::for_each_lane(
          active, [&](uint32_t lane) { std::memcpy(row + size_t{lane} * values.each, values.of(lane), values.each); });
    }
  }
}

void run_wmma_store(Warp& warp, const Operation& operation, LaneMask active) {
  report_missing_lanes(warp, operation, active);
  const auto form = std::bit_cast<FragmentForm>(operation.argument);
  const uint32_t bytes = operation.memory.bytes();
  for (uint32_t r = 0; r < form.registers(); r++) {
    const std::byte* const row = warp.row<std::byte>(operation.registers[r]);
    for (uint32_t i = 0; i < form.per_register(); i += form.per_access()) {
      place_addresses(warp, operation, form, r, i, active);
      machine::LaneBytes stored;
      for (uint32_t lane = 0; lane < kLanes; lane++)
        std::memcpy(stored.data() + size_t{lane} * bytes, row + size_t{lane} * form.register_bytes() + i * bytes,
                    bytes);
      machine::store(warp, operation, active, stored);
    }
  }
}

// C and D come in every shape that some A and B have.
void require_shape_of_sums(const Decoding& decoding, const std::string& type, MatrixShape shape) {
  for (const Element factors : {Element::f16, Element::s8, Element::tf32, Element::f64, Element::s4, Element::b1}) {
    const bool integers = is_integer(factors), large = shape.k == 16;
    const MatrixShape only{factors == Element::tf32 ? 16u : 8u, factors == Element::tf32 ? 16u : 8u,
                           factors == Element::tf32  ? 8u
                           : factors == Element::f64 ? 4u
                           : factors == Element::s4  ? 32u
                                                     : 128u};
    const bool is_shape = factors == Element::f16 || factors == Element::s8 ? large : shape == only;
    if (!is_shape || integers != (type == "s32")) continue;
    require_accumulators(decoding, factors, type, type);
    return require_wmma_shape(decoding, factors, shape);
  }
  decoding.invalid("has a shape that its type does not have");
}

// Everything but the registers.
FragmentForm take_fragment(Decoding& decoding, Which which, size_t address_operand, Element& factors) {
  const MatrixShape shape = take_matrix_shape(decoding);
  const auto layouts = take_layouts(decoding);
  if (layouts.size() != 1) decoding.invalid("needs one layout");
  const auto types = take_element_types(decoding);
  if (types.size() != 1) decoding.invalid("needs one type");
  FragmentForm form{};
  form.which = which;
  form.eighth_m = shape.m / 8, form.eighth_n = shape.n / 8, form.quarter_k = shape.k / 4;
  form.by_columns = layouts.front() == "col" ? 1 : 0;
  if (which == Which::sums) {
    require_shape_of_sums(decoding, types.front(), shape);
    form.bits = types.front() == "f16" ? 16 : types.front() == "f64" ? 64 : 32;
  } else {
    const auto element = parse_element(types.front());
    if (!element) decoding.invalid("has A or B of a type that wmma does not have");
    require_wmma_shape(decoding, *element, shape);
    factors = *element;
    form.bits = bits_of(factors);
    if (form.bits < 8 && form.per_access() == 1) decoding.invalid("needs A by rows and B by columns");
  }

  auto& operation = decoding.operation;
  auto& memory = operation.memory;
  const std::string space = decoding.take_one_of({"global", "shared", "shared::cta"});
  memory.space = space.empty()       ? ptx::StateSpace::generic
                 : space == "global" ? ptx::StateSpace::global
                                     : ptx::StateSpace::shared;
  memory.element_bytes = static_cast<uint8_t>(form.per_access() * form.bits / 8);
  memory.count = 1;
  memory.used_bytes_mask = ~0u;
  decoding.require_operands(2, 3);
  bind_address(decoding, decoding.operand(address_operand), decoding.operation.memory);
  const uint32_t default_stride = form.by_columns != 0 ? form.rows() : form.columns();
  form.wide_address = memory.address_bits == 64 ? 1 : 0;
  operation.slots[0] = memory.address;
  operation.slots[1] = decoding.constant(64, static_cast<uint64_t>(memory.offset));
  operation.slots[2] = decoding.instruction().operands.size() == 3
                           ? decoding.source(2, {ptx::TypeClass::unsigned_integer, 32})
                           : decoding.constant(32, default_stride);
  memory.address = decoding.scratch(64);
  memory.address_bits = 64;
  memory.offset = 0;
  operation.argument = std::bit_cast<uint32_t>(form);
  return form;
}

ptx::Type register_type(const FragmentForm& form) { return {ptx::TypeClass::untyped, form.register_bytes() * 8}; }

}  // namespace

void decode_wmma_load(Decoding& decoding) {
  const std::string name = decoding.take_one_of({"a", "b", "c"});
  if (name.empty()) decoding.invalid("needs .a, .b or .c");
  const Which which = name == "a" ? Which::a : name == "b" ? Which::b : Which::sums;
  bind_whole_warp(decoding, &run_wmma_load);
  Element factors{};
  const FragmentForm form = take_fragment(decoding, which, 1, factors);
  const uint32_t written = which == Which::sums ? form.registers() : wmma_written(factors, form.registers());
  bind_fragment(decoding, 0, FragmentUse::destination, register_type(form), written, written);
}

void decode_wmma_store(Decoding& decoding) {
  if (!decoding.take("d")) decoding.invalid("needs .d");
  bind_whole_warp(decoding, &run_wmma_store);
  Element factors{};
  const FragmentForm form = take_fragment(decoding, Which::sums, 0, factors);
  bind_fragment(decoding, 1, FragmentUse::source, register_type(form), form.registers(), form.registers());
}

}  // namespace decode_lab::instructions
