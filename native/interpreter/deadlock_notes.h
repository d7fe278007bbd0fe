// A deadlock of one CTA in words, a line each.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "machine/cta.h"

namespace decode_lab::interpreter {

// "bar.sync (k.cu:12)"
using PositionOf = std::function<std::string(uint32_t instruction)>;
// Who wrote bytes that a thread waits for, in lines; none where nobody looked.
using WriterOf = std::function<std::vector<std::string>(const machine::Waiting& waiting)>;

// For each barrier who has come and where the others are, for each warp-wide operation which of its lanes are missing.
std::vector<std::string> barrier_notes(const machine::Cta& cta, const PositionOf& position);
// What threads read again and again, what they see there and who wrote it.
std::vector<std::string> spin_notes(const machine::Cta& cta, const PositionOf& position, const WriterOf& writer);

}  // namespace decode_lab::interpreter
