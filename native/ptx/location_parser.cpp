#include "ptx/location_parser.h"

namespace decode_lab::ptx {

int LocationTracker::find(uint32_t file, int line, int column) const {
  for (size_t i = function_.locations.size(); i-- > 0;) {
    const Location& known = function_.locations[i];
    if (known.file == file && known.line == line && known.column == column) return static_cast<int>(i);
  }
  return -1;
}

void LocationTracker::parse(Cursor& cursor) {
  Location location{};
  location.file = static_cast<uint32_t>(cursor.integer("a file index"));
  location.line = static_cast<int>(cursor.integer("a line number"));
  location.column = static_cast<int>(cursor.integer("a column"));
  location.inlined_at = -1;
  if (cursor.accept(',')) {
    if (!cursor.accept_word("function_name")) cursor.wrong("function_name");
    cursor.word("a label");
    while (cursor.accept('+')) cursor.integer("an offset");
    cursor.expect(',');
    if (!cursor.accept_word("inlined_at")) cursor.wrong("inlined_at");
    const auto file = static_cast<uint32_t>(cursor.integer("a file index"));
    const auto line = static_cast<int>(cursor.integer("a line number"));
    const auto column = static_cast<int>(cursor.integer("a column"));
    location.inlined_at = find(file, line, column);
    if (location.inlined_at < 0) {
      function_.locations.push_back({file, line, column, -1});
      location.inlined_at = static_cast<int>(function_.locations.size()) - 1;
    }
  }
  if (location.line == 0 && current_ >= 0) return;  // made by the compiler: belongs to the code before it
  if (in_inline_asm_ && seen_in_block_) return;
  seen_in_block_ = true;
  function_.locations.push_back(location);
  current_ = static_cast<int>(function_.locations.size()) - 1;
}

}  // namespace decode_lab::ptx
