#include "write_intent.h"

#include <bit>

namespace assay {
namespace {
// Marked one by one at first, then in blocks: whoever writes here and there waits for the disk at most 64 times between two
// Settled.
constexpr uint32_t kSingly = 16, kInSmallBlocks = 32;
constexpr uint64_t kSmallBlock = 16, kBlock = 128;
}  // namespace

WriteIntent::WriteIntent(uint8_t* notes, uint64_t lba_count, std::function<bool()> flush)
    : notes_(notes),
      region_lbas_(std::max(kLeastRegionLbas, std::bit_ceil((lba_count + kMostRegions - 1) / kMostRegions))),
      regions_((lba_count + region_lbas_ - 1) / region_lbas_),
      flush_(std::move(flush)),
      words_(new std::atomic<uint32_t>[regions_]) {
  for (uint64_t region = 0; region < regions_; region++) words_[region] = Marked(region) ? kChanging : kOnDisk;
}

void WriteIntent::Leave(uint64_t slba, uint64_t count) {
  for (uint64_t region = slba / region_lbas_, last = (slba + count - 1) / region_lbas_; region <= last; region++) {
    std::atomic<uint32_t>& word = words_[region];
    uint32_t seen = word.load(std::memory_order_relaxed);
    // What changed while the table was on its way to the disk may have missed it.
    while (!word.compare_exchange_weak(seen, ((seen & ~kStateBits) | kChanging) - kInside, std::memory_order_release)) {
    }
  }
}

// What the disk did not take may be there as it was before: then nothing of the table may be believed, and that is tried once
// more, with the pages written anew.
void WriteIntent::Flush() {
  if (flush_()) return;
  MarkAllHeld();
  (void)flush_();
}

// True when the disk has to be waited for.
bool WriteIntent::MarkHeld(uint64_t from, uint64_t to) {
  bool marked = false;
  for (uint64_t region = from; region < to; region++) {
    if ((words_[region].load(std::memory_order_relaxed) & kStateBits) != kOnDisk) continue;
    SetNote(region, Note(region) | kMarked);
    marked = true;
  }
  if (!marked) return false;
  Flush();
  for (uint64_t region = from; region < to; region++) {
    uint32_t seen = kOnDisk;  // nobody is inside
    words_[region].compare_exchange_strong(seen, kChanging, std::memory_order_release);
  }
  return true;
}

void WriteIntent::Mark(uint64_t region) {
  std::lock_guard lock(mutex_);
  const uint64_t block = marks_ < kSingly ? 1 : marks_ < kInSmallBlocks ? kSmallBlock : kBlock;
  const uint64_t from = region / block * block;
  if (MarkHeld(from, std::min(from + block, regions_))) marks_++;
}

void WriteIntent::Announce(uint64_t slba, uint64_t count) {
  if (count == 0) return;
  std::lock_guard lock(mutex_);
  MarkHeld(slba / region_lbas_, (slba + count - 1) / region_lbas_ + 1);
}

bool WriteIntent::Settle(SyncScope scope) {
  bool any = false;
  for (uint64_t region = 0; region < regions_; region++) {
    uint32_t seen = words_[region].load(std::memory_order_relaxed);
    uint32_t next;
    do {
      const uint32_t state = seen & kStateBits;
      next = state == kChanging && scope == SyncScope::kResting ? kResting : state == kOnDisk ? kOnDisk : kSettling;
    } while (!words_[region].compare_exchange_weak(seen, (seen & ~kStateBits) | next, std::memory_order_acquire));
    any = any || next == kSettling;
  }
  return any;
}

void WriteIntent::Settled(bool reached_the_disk) {
  std::lock_guard lock(mutex_);
  marks_ = 0;
  for (uint64_t region = 0; region < regions_; region++) {
    uint32_t seen = kSettling;  // and nobody inside
    if (reached_the_disk && words_[region].compare_exchange_strong(seen, kOnDisk, std::memory_order_acquire)) {
      SetNote(region, Note(region) & static_cast<uint8_t>(~kMarked));
      continue;
    }
    seen = words_[region].load(std::memory_order_relaxed);
    while ((seen & kStateBits) == kSettling && !words_[region].compare_exchange_weak(seen, (seen & ~kStateBits) | kChanging, std::memory_order_relaxed)) {
    }
  }
  Flush();
}

void WriteIntent::MarkAll() {
  std::lock_guard lock(mutex_);
  MarkAllHeld();
}

void WriteIntent::MarkAllHeld() {
  for (uint64_t region = 0; region < regions_; region++) SetNote(region, Note(region) | kMarked);
}

void WriteIntent::ForgetLosses() {
  std::lock_guard lock(mutex_);
  for (uint64_t region = 0; region < regions_; region++) SetNote(region, Note(region) & static_cast<uint8_t>(~kLost));
}

}  // namespace assay
