// `.loc` directives (PTX ISA 11.5.4): which source line the following instructions come from.
#pragma once
#include "ptx/cursor.h"
#include "ptx/module.h"

namespace decode_lab::ptx {

// Inside compilers' inline-assembly blocks LLVM counts one source line per line of the assembly text, so only the first
// `.loc` of such a block is a position in the user's source.
class LocationTracker {
 public:
  explicit LocationTracker(Function& function) : function_(function) {}

  void parse(Cursor& cursor);  // behind `.loc`
  void begin_inline_asm() { in_inline_asm_ = true, seen_in_block_ = false; }
  void end_inline_asm() { in_inline_asm_ = false; }
  int current() const { return current_; }  // index into Function::locations, -1 before the first

 private:
  int find(uint32_t file, int line, int column) const;

  Function& function_;
  int current_ = -1;
  bool in_inline_asm_ = false;
  bool seen_in_block_ = false;
};

}  // namespace decode_lab::ptx
