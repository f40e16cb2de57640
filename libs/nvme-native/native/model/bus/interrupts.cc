#include "interrupts.h"

#include <algorithm>

#include "core/clock.h"

namespace assay::model {
namespace {
constexpr uint32_t kEntryBytes = 16;
}

uint32_t Interrupts::Read(uint32_t offset) const {
  std::lock_guard lock(mutex_);
  if (offset >= kMsixPendingOffset) {
    const uint32_t first = (offset - kMsixPendingOffset) * 8;
    uint32_t bits = 0;
    for (uint32_t i = 0; i < 32 && first + i < entries_.size(); i++) bits |= uint32_t{entries_[first + i].pending} << i;
    return bits;
  }
  const uint32_t vector = (offset - kMsixTableOffset) / kEntryBytes;
  if (vector >= entries_.size()) return 0;
  const Entry& entry = entries_[vector];
  const uint32_t dwords[] = {entry.address_low, entry.address_high, entry.data, entry.control};
  return dwords[offset % kEntryBytes / 4];
}

void Interrupts::Write(uint32_t offset, uint32_t value) {
  if (offset >= kMsixPendingOffset) return;  // read only
  std::lock_guard lock(mutex_);
  const uint32_t vector = (offset - kMsixTableOffset) / kEntryBytes;
  if (vector >= entries_.size()) return;
  Entry& entry = entries_[vector];
  switch (offset % kEntryBytes / 4) {
    case 0: entry.address_low = value & ~3u; break;
    case 1: entry.address_high = value; break;
    case 2: entry.data = value; break;
    default: entry.control = value & 1; break;
  }
  look_ = true;
}

void Interrupts::Configure(bool enabled, bool masked) {
  std::lock_guard lock(mutex_);
  enabled_ = enabled;
  masked_ = masked;
  look_ = true;
}

void Interrupts::Reset() {
  std::lock_guard lock(mutex_);
  std::fill(entries_.begin(), entries_.end(), Entry{});
  enabled_ = false;
  masked_ = false;
  next_due_ns_ = UINT64_MAX;
}

void Interrupts::Posted(uint16_t vector, bool aggregate) {
  // Nobody pays for interrupts that were not switched on.
  if (!enabled_.load(std::memory_order_relaxed)) return;
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[vector];
  entry.counted++;
  if (!aggregate || threshold_ <= 1 || time_ns_ == 0 || entry.counted >= threshold_) {
    entry.raised = true;
    look_ = true;
  } else if (entry.due_ns == UINT64_MAX) {
    entry.due_ns = BoottimeNs() + time_ns_;
    next_due_ns_ = std::min(next_due_ns_.load(), entry.due_ns);
  }
}

void Interrupts::Aggregate(uint32_t completions, uint64_t time_ns) {
  std::lock_guard lock(mutex_);
  threshold_ = completions;
  time_ns_ = time_ns;
}

void Interrupts::Forget() {
  std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    entry.pending = entry.raised = false;
    entry.counted = 0;
    entry.due_ns = UINT64_MAX;
  }
  next_due_ns_ = UINT64_MAX;
}

void Interrupts::Advance(AddressSpace& space, uint64_t now_ns) {
  const bool look = look_.exchange(false);
  if (!look && next_due_ns_.load(std::memory_order_relaxed) > now_ns) return;
  std::lock_guard lock(mutex_);
  uint64_t next = UINT64_MAX;
  for (Entry& entry : entries_) {
    if (entry.due_ns <= now_ns) entry.raised = true;
    if (entry.raised) {
      entry.raised = false;
      entry.counted = 0;
      entry.due_ns = UINT64_MAX;
      entry.pending = true;
    }
    next = std::min(next, entry.due_ns);
    if (!entry.pending || !enabled_ || masked_ || (entry.control & 1)) continue;
    entry.pending = false;
    uint8_t* word = space.Resolve(uint64_t{entry.address_high} << 32 | entry.address_low, 4);
    if (word != nullptr) std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(word)).store(entry.data, std::memory_order_release);
  }
  (void)space.TakeFault();  // a message to nowhere is lost
  next_due_ns_ = next;
}

}  // namespace assay::model
