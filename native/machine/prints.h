// What the CTAs of one worker print, in order. Kept up to a limit: a worker runs its CTAs in ascending order, so what
// it drops stands behind a full limit's worth of its own text, whatever the other workers print.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace decode_lab::machine {

inline constexpr uint64_t kMostPrintedBytes = 1 << 20;  // of one launch

class Prints {
 public:
  struct Text {
    uint64_t cta;
    std::string bytes;
  };

  void add(uint64_t cta, const std::string& text) {
    if (kept_ > kMostPrintedBytes) return;
    if (texts_.empty() || texts_.back().cta != cta) texts_.push_back({cta, ""});
    texts_.back().bytes += text;
    kept_ += text.size();
  }
  const std::vector<Text>& texts() const { return texts_; }

 private:
  std::vector<Text> texts_;
  uint64_t kept_ = 0;
};

}  // namespace decode_lab::machine
