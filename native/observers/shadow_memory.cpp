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
    index = used_;
    accesses_.grow(++used_);
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

void ShadowMemory::append(uint32_t** tail, const Access& whole, uint32_t cell) {
  Access part = whole;
  part.begin = static_cast<uint8_t>(std::max<uint32_t>(whole.begin, cell * kCellBytes));
  part.end = static_cast<uint8_t>(std::min<uint32_t>(whole.end, (cell + 1) * kCellBytes));
  insert(*tail, part);
  *tail = &access(**tail).next;
}

void ShadowMemory::split(uint32_t& head) {
  const uint32_t row = words.add();
  if (row >= cells_.size()) {
    budget_.charge_host_bytes(sizeof(cells_[0]));
    cells_.resize(row + 1);
  }
  cells_[row] = {};
  std::array<uint32_t*, kCells> tails;
  for (uint32_t i = 0; i < kCells; i++) tails[i] = &cells_[row][i];
  for (uint32_t* link = &head; *link != 0;) {
    const Access whole = access(*link);
    remove(link);
    for (uint32_t i = whole.begin / kCellBytes; i * kCellBytes < whole.end; i++) append(&tails[i], whole, i);
  }
  for (uint32_t i = 0; i < kCells; i++) {
    if (cells_[row][i] == 0) continue;
    mark_in_list(row, i, true);
    list_to_words(row, i);
  }
  head = kSplit | row;
}

void ShadowMemory::clear() {
  for (Page* page : touched_) page->fill(0);
  words.clear();
  used_ = 1;
  free_ = 0;
}

void ShadowMemory::add_touched(uint32_t list, Touched& touched) const {
  for (uint32_t i = list; i != 0; i = access(i).next)
    for (uint32_t at = access(i).begin; at < access(i).end; at++)
      (access(i).write ? touched.written : touched.read).set(at);
}

ShadowMemory::Touched ShadowMemory::touched(uint32_t head) const {
  Touched touched;
  if (!is_split(head)) {
    add_touched(head, touched);
    return touched;
  }
  const uint32_t row = row_of(head);
  for (const uint32_t list : cells_[row]) add_touched(list, touched);
  const std::bitset<kRowBytes> word((1u << kWordBytes) - 1);
  for (uint32_t i = 0; i < WordRows::kWords; i++) {
    if (words.is_in_list(row, i)) continue;
    if (words.reads(row)[i].accessor != 0) touched.read |= word << i * kWordBytes;
    const auto* const writes = words.find_writes(row);
    if (writes != nullptr && writes->latest[i].accessor != 0) touched.written |= word << i * kWordBytes;
  }
  return touched;
}

bool ShadowMemory::conflicts_with(const ShadowMemory& other) const {
  for (size_t buffer = 0; buffer < std::min(pages_.size(), other.pages_.size()); buffer++) {
    const auto &mine = pages_[buffer], &theirs = other.pages_[buffer];
    for (size_t page = 0; page < std::min(mine.size(), theirs.size()); page++) {
      if (!mine[page] || !theirs[page]) continue;
      for (uint32_t row = 0; row < kPageRows; row++) {
        if ((*mine[page])[row] == 0 || (*theirs[page])[row] == 0) continue;
        const Touched a = touched((*mine[page])[row]), b = other.touched((*theirs[page])[row]);
        if (((a.written & (b.read | b.written)) | (a.read & b.written)).any()) return true;
      }
    }
  }
  return false;
}

}  // namespace decode_lab::observers
