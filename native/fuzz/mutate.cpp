// libFuzzer's hooks (https://llvm.org/docs/LibFuzzer.html, structure-aware fuzzing): inputs with a launch header are
// changed as launches, the others half the time as PTX and half the time as bytes.
#include <algorithm>
#include <cstring>

#include "fuzz/launch_text.h"
#include "fuzz/ptx_mutator.h"

extern "C" {
size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);  // libFuzzer's own mutations
size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t* one, size_t one_size, const uint8_t* other, size_t other_size,
                                 uint8_t* out, size_t max_size, unsigned seed);
}

namespace {

using namespace decode_lab::fuzz;

Vocabulary& vocabulary() {
  static Vocabulary words;
  return words;
}

size_t write(std::string_view text, uint8_t* out, size_t max_size) {
  const size_t size = std::min(text.size(), max_size);
  std::memcpy(out, text.data(), size);
  return size;
}

void change_parameter(LaunchText& launch, Random& random) {
  constexpr uint64_t kSizes[] = {0, 1, 3, 4, 16, 31, 128, 256, 1024, 4092, 4096, 4097, 16384, kMostParameterBytes};
  if (launch.parameters.empty()) return;
  ParameterText& parameter = launch.parameters[below(random, launch.parameters.size())];
  if (parameter.kind != 's') {
    parameter.kind = "rzurzun"[below(random, 7)];
    parameter.size = pick(random, kSizes);
  } else if (!parameter.value.empty()) {
    parameter.value[below(random, parameter.value.size())] = static_cast<std::byte>(random());
  }
}

void change_launch(LaunchText& launch, Random& random) {
  constexpr uint32_t kExtents[] = {1, 1, 2, 3, 4, 5, 7, 31, 32, 33, 64, 65, 96, 128, 255, 256, 1024};
  constexpr uint64_t kShared[] = {0, 1, 4, 16, 100, 1024, 4096, 49152, 65536, 166912, 232448};
  switch (below(random, 5)) {
    case 0:
      launch.grid[below(random, 3)] = kExtents[below(random, 8)];
      return;
    case 1:
      launch.block[below(random, 4) == 0 ? below(random, 3) : 0] = pick(random, kExtents);
      return;
    case 2:
      launch.shared_bytes = pick(random, kShared);
      return;
    case 3:
      launch.seed = random();
      return;
    default:
      return change_parameter(launch, random);
  }
}

std::string mutate_ptx(std::string_view text, Random& random) {
  Lines lines = split_lines(text);
  if (below(random, 8) == 0) vocabulary().learn(lines, random);
  PtxMutator mutator(lines, vocabulary(), random);
  for (size_t changes = 1 + below(random, 4); changes > 0; changes--) mutator.mutate();
  return join_lines(lines);
}

std::string_view view(const uint8_t* data, size_t size) { return {reinterpret_cast<const char*>(data), size}; }

}  // namespace

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  Random random(seed);
  auto launch = parse_launch_text(view(data, size));
  if (!launch) {
    if (below(random, 2) == 0) return LLVMFuzzerMutate(data, size, max_size);
    return write(mutate_ptx(view(data, size), random), data, max_size);
  }
  if (below(random, 4) == 0) change_launch(*launch, random);
  launch->ptx = mutate_ptx(launch->ptx, random);
  return write(print_launch_text(*launch), data, max_size);
}

// Statements of the other text in this one.
size_t LLVMFuzzerCustomCrossOver(const uint8_t* one, size_t one_size, const uint8_t* other, size_t other_size,
                                 uint8_t* out, size_t max_size, unsigned seed) {
  Random random(seed);
  Lines lines = split_lines(view(one, one_size));
  const Lines others = split_lines(view(other, other_size));
  if (lines.empty() || others.empty()) return write(view(one, one_size), out, max_size);
  vocabulary().learn(others, random);
  PtxMutator mutator(lines, vocabulary(), random);
  const size_t begin = below(random, others.size());
  const size_t end = std::min(others.size(), begin + 1 + below(random, 6));
  for (size_t at = begin; at < end; at++)
    if (find_opcode(others[at]).size() != 0) mutator.insert(others[at]);
  return write(join_lines(lines), out, max_size);
}
