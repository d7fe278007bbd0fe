// Which qualifiers ld and st take together (PTX ISA 9.7.9.1, 9.7.9.2, 9.7.9.8, 9.7.9.9, 9.7.9.11).
#include "instructions/data_movement/access_qualifiers.h"

#include "instructions/data_movement/memory_operand.h"

namespace decode_lab::instructions {

namespace {

using machine::Scope;
using machine::Semantics;
using ptx::StateSpace;

// A volatile access is relaxed at system scope (8.4); .mmio adds nothing that memory could show.
void take_semantics(Decoding& decoding, machine::MemoryAccess& memory, const std::string& word, bool is_mmio) {
  memory.semantics = word == "volatile" || word == "relaxed" ? Semantics::relaxed
                     : word == "acquire"                     ? Semantics::acquire
                     : word == "release"                     ? Semantics::release
                                                             : Semantics::weak;
  memory.scope = Scope::gpu;
  if (is_mmio && (word != "relaxed" || !decoding.take("sys"))) decoding.invalid("has .mmio without .relaxed.sys");
  if (is_mmio || word == "volatile" || memory.semantics == Semantics::weak) return;
  const auto scope = take_scope(decoding);
  if (!scope) decoding.invalid("has ." + word + " without a scope");
  memory.scope = *scope;
}

std::string take_cache_operator(Decoding& decoding, bool is_load, bool non_coherent) {
  if (!is_load) return decoding.take_one_of({"wb", "cg", "cs", "wt"});
  if (non_coherent) return decoding.take_one_of({"ca", "cg", "cs"});
  return decoding.take_one_of({"ca", "cg", "cs", "lu", "cv"});
}

}  // namespace

void take_access_qualifiers(Decoding& decoding, machine::MemoryAccess& memory, bool has_policy) {
  const bool is_load = decoding.instruction().mnemonic == "ld";
  const bool is_mmio = decoding.take("mmio");
  const std::string word = decoding.take_one_of({"weak", "volatile", "relaxed", is_load ? "acquire" : "release"});
  take_semantics(decoding, memory, word, is_mmio);
  memory.space = take_space(decoding);
  memory.non_coherent = is_load && decoding.take("nc");
  const std::string cache = take_cache_operator(decoding, is_load, memory.non_coherent);
  const std::string priority = decoding.take_one_of(
      {"L1::evict_normal", "L1::evict_unchanged", "L1::evict_first", "L1::evict_last", "L1::no_allocate"});
  const std::string prefetch = is_load ? take_prefetch_size(decoding) : "";

  const bool reaches_global = memory.space == StateSpace::generic || memory.space == StateSpace::global;
  const bool is_weak = memory.semantics == Semantics::weak, has_hint = !priority.empty() || has_policy;
  if (!is_weak && !reaches_global && (is_mmio || memory.space != StateSpace::shared))
    decoding.invalid("has ." + word + ", which ." + to_string(memory.space) + " does not take");
  if (memory.non_coherent && memory.space != StateSpace::global) decoding.invalid("has .nc, which only .global takes");
  if (memory.non_coherent && !word.empty()) decoding.invalid("has .nc beside ." + word);
  if (is_mmio && !decoding.take_one_of({"v2", "v4", "v8"}).empty()) decoding.invalid("has .mmio beside a vector");
  if (!cache.empty() && (!is_weak || !priority.empty()))
    decoding.invalid("has ." + cache + " beside ." + (is_weak ? priority : word));
  if ((has_hint || !prefetch.empty()) && !reaches_global)
    decoding.invalid("has a cache hint, which only .global and generic addresses take");
  if ((has_hint && (word == "volatile" || is_mmio)) || (!prefetch.empty() && is_mmio))
    decoding.invalid("has a cache hint beside ." + (is_mmio ? "mmio" : word));
}

}  // namespace decode_lab::instructions
