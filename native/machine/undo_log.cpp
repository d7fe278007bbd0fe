#include "machine/undo_log.h"

#include <algorithm>

#include "machine/grid.h"

namespace decode_lab::machine {

// No worker stores into a page before it is marked as saved, so the copy is of bytes that nobody writes.
void UndoLog::copy(uint64_t page, Budget& budget) {
  const std::lock_guard lock(mutex_);
  if (saved_[page] != 0) return;
  const uint64_t begin = page << kPageBits, end = std::min(size_, (page + 1) << kPageBits);
  budget.charge_host_bytes(end - begin);
  pages_.emplace(page, std::vector<std::byte>(host_ + begin, host_ + end));
  std::atomic_ref(saved_[page]).store(1, std::memory_order_release);
}

void UndoLog::restore() {
  for (const auto& [page, bytes] : pages_) std::copy(bytes.begin(), bytes.end(), host_ + (page << kPageBits));
}

}  // namespace decode_lab::machine
