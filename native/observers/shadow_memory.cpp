#include "observers/shadow_memory.h"

#include <algorithm>

namespace decode_lab::observers {

uint32_t& ShadowMemory::head(uint32_t buffer, uint64_t offset) {
  const uint64_t cell = offset / kCellBytes;
  if (buffer >= pages_.size()) pages_.resize(buffer + 1);
  auto& pages = pages_[buffer];
  if (cell / kPageCells >= pages.size()) pages.resize(cell / kPageCells + 1);
  auto& page = pages[cell / kPageCells];
  if (!page) {
    budget_.charge_host_bytes(sizeof(Page));
    page = std::make_unique<Page>();
    touched_.push_back(page.get());
  }
  return (*page)[cell % kPageCells];
}

void ShadowMemory::append(uint32_t* link, const Access& access) {
  uint32_t index = free_;
  if (index != 0) {
    free_ = accesses_[index].next;
  } else {
    if (accesses_.size() == accesses_.capacity()) budget_.charge_host_bytes(accesses_.capacity() * sizeof(Access));
    index = static_cast<uint32_t>(accesses_.size());
    // `link` may point into the vector that grows.
    const auto* const first = reinterpret_cast<const std::byte*>(accesses_.data());
    const auto* const last = reinterpret_cast<const std::byte*>(accesses_.data() + accesses_.size());
    const auto* const at = reinterpret_cast<const std::byte*>(link);
    const bool inside = at >= first && at < last;
    const auto distance = at - first;
    accesses_.emplace_back();
    if (inside) link = reinterpret_cast<uint32_t*>(reinterpret_cast<std::byte*>(accesses_.data()) + distance);
  }
  accesses_[index] = access;
  accesses_[index].next = 0;
  *link = index;
}

void ShadowMemory::remove(uint32_t* link) {
  const uint32_t index = *link;
  *link = accesses_[index].next;
  accesses_[index].next = free_;
  free_ = index;
}

void ShadowMemory::clear() {
  for (Page* page : touched_) page->fill(0);
  accesses_.resize(1);
  free_ = 0;
}

bool ShadowMemory::cells_conflict(uint32_t mine, const ShadowMemory& other, uint32_t theirs) const {
  for (uint32_t i = mine; i != 0; i = access(i).next)
    for (uint32_t j = theirs; j != 0; j = other.access(j).next)
      if ((access(i).bytes & other.access(j).bytes) != 0 && (access(i).write || other.access(j).write)) return true;
  return false;
}

bool ShadowMemory::conflicts_with(const ShadowMemory& other) const {
  for (size_t buffer = 0; buffer < std::min(pages_.size(), other.pages_.size()); buffer++) {
    const auto &mine = pages_[buffer], &theirs = other.pages_[buffer];
    for (size_t page = 0; page < std::min(mine.size(), theirs.size()); page++) {
      if (!mine[page] || !theirs[page]) continue;
      for (uint32_t cell = 0; cell < kPageCells; cell++)
        if (cells_conflict((*mine[page])[cell], other, (*theirs[page])[cell])) return true;
    }
  }
  return false;
}

}  // namespace decode_lab::observers
