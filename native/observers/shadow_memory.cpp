#include "observers/shadow_memory.h"

#include <algorithm>

namespace decode_lab::observers {

uint32_t& ShadowMemory::head(uint32_t buffer, uint64_t row) {
  if (buffer >= pages_.size()) pages_.resize(buffer + 1);
  auto& pages = pages_[buffer];
  if (row / kPageRows >= pages.size()) pages.resize(row / kPageRows + 1);
  auto& page = pages[row / kPageRows];
  if (!page) {
    budget_.charge_host_bytes(sizeof(Page));
    page = std::make_unique<Page>();
    touched_.push_back(page.get());
  }
  return (*page)[row % kPageRows];
}

void ShadowMemory::insert(uint32_t* link, const Access& access_to_keep) {
  uint32_t index = free_;
  if (index != 0) {
    free_ = access(index).next;
  } else {
    index = used_++;
    if (index / kChunk >= chunks_.size()) {
      budget_.charge_host_bytes(kChunk * sizeof(Access));
      chunks_.push_back(std::make_unique_for_overwrite<Access[]>(kChunk));
    }
  }
  Access& kept = access(index);
  kept = access_to_keep;
  kept.next = *link;
  *link = index;
}

void ShadowMemory::remove(uint32_t* link) {
  const uint32_t index = *link;
  *link = access(index).next;
  access(index).next = free_;
  free_ = index;
}

uint32_t* ShadowMemory::carve(uint32_t* link, uint32_t begin, uint32_t end) {
  Access& whole = access(*link);
  if (begin <= whole.begin && end >= whole.end) return remove(link), link;
  if (begin <= whole.begin) {
    whole.begin = static_cast<uint8_t>(end);
  } else if (end >= whole.end) {
    whole.end = static_cast<uint8_t>(begin);
  } else {
    Access behind = whole;
    behind.begin = static_cast<uint8_t>(end);
    whole.end = static_cast<uint8_t>(begin);
    insert(&whole.next, behind);
    return &access(whole.next).next;
  }
  return &whole.next;
}

Access& ShadowMemory::isolate(uint32_t* link, uint32_t begin, uint32_t end) {
  Access part = access(*link);
  part.lanes = part.lanes_at(begin, end);
  part.origin = static_cast<uint8_t>(part.start_at(begin));
  part.together = true;
  part.begin = static_cast<uint8_t>(begin);
  part.end = static_cast<uint8_t>(end);
  carve(link, begin, end);
  insert(link, part);
  return access(*link);
}

void ShadowMemory::split(uint32_t& head) {
  budget_.charge_host_bytes(sizeof(split_[0]));
  auto& cells = split_.emplace_back();
  std::array<uint32_t*, kCells> tails;
  for (uint32_t i = 0; i < kCells; i++) tails[i] = &cells[i];
  for (uint32_t* link = &head; *link != 0;) {
    const Access whole = access(*link);
    remove(link);
    for (uint32_t i = whole.begin / kCellBytes; i * kCellBytes < whole.end; i++) {
      Access part = whole;
      part.begin = static_cast<uint8_t>(std::max<uint32_t>(whole.begin, i * kCellBytes));
      part.end = static_cast<uint8_t>(std::min<uint32_t>(whole.end, (i + 1) * kCellBytes));
      insert(tails[i], part);
      tails[i] = &access(*tails[i]).next;
    }
  }
  head = kSplit | static_cast<uint32_t>(split_.size() - 1);
}

void ShadowMemory::clear() {
  for (Page* page : touched_) page->fill(0);
  split_.clear();
  used_ = 1;
  free_ = 0;
}

bool ShadowMemory::lists_conflict(uint32_t mine, const ShadowMemory& other, uint32_t theirs) const {
  for (uint32_t i = mine; i != 0; i = access(i).next) {
    for (uint32_t j = theirs; j != 0; j = other.access(j).next) {
      const Access& their = other.access(j);
      if (access(i).overlaps(their.begin, their.end) && (access(i).write || their.write)) return true;
    }
  }
  return false;
}

bool ShadowMemory::rows_conflict(uint32_t mine, const ShadowMemory& other, uint32_t theirs) const {
  if (!is_split(mine) && !is_split(theirs)) return lists_conflict(mine, other, theirs);
  for (uint32_t i = 0; i < kCells; i++)
    if (lists_conflict(list(mine, i), other, other.list(theirs, i))) return true;
  return false;
}

bool ShadowMemory::conflicts_with(const ShadowMemory& other) const {
  for (size_t buffer = 0; buffer < std::min(pages_.size(), other.pages_.size()); buffer++) {
    const auto &mine = pages_[buffer], &theirs = other.pages_[buffer];
    for (size_t page = 0; page < std::min(mine.size(), theirs.size()); page++) {
      if (!mine[page] || !theirs[page]) continue;
      for (uint32_t row = 0; row < kPageRows; row++)
        if (rows_conflict((*mine[page])[row], other, (*theirs[page])[row])) return true;
    }
  }
  return false;
}

}  // namespace decode_lab::observers
