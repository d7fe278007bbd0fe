// When to ask whether the CTAs that run only wait for each other, and the question itself. A run that goes on pays
// little: a look at one round of turns after every half as many instructions again, and only if nothing changed in it a
// proof, whose steps are instructions of the run too.
#pragma once
#include <cstdint>
#include <vector>

#include "machine/cta.h"

namespace decode_lab::interpreter {

class Stall {
 public:
  explicit Stall(machine::Watch& watch) : watch_(watch) {}

  void begin();
  // After a round of turns of these CTAs, which have executed so many instructions. If no other CTA may write what they
  // read (`alone`) and they wait for ever, ends the launch as deadlocked and says yes.
  bool ends(const std::vector<machine::Cta*>& ctas, uint64_t instructions, bool alone);

 private:
  bool ask(const std::vector<machine::Cta*>& ctas, uint64_t most_steps, bool alone);

  machine::Watch& watch_;
  uint64_t due_ = 0;  // instructions
};

}  // namespace decode_lab::interpreter
