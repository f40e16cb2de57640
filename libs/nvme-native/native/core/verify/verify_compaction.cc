// What is settled needs no record: at rest a table has 4 bytes for each LBA, and records where something is still open.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "verify_header.h"

namespace assay {
namespace {
constexpr uint64_t kPageBytes = 4096;
}

// Locked. Only the acknowledged version can be there, also after a power loss.
bool VerifyTable::Settled(uint64_t lba) const {
  const Record& record = records_[lba];
  const uint32_t state = std::atomic_ref(const_cast<uint32_t&>(record.state)).load(std::memory_order_relaxed);
  const bool open = record.submitted != kVersionUnknown && record.submitted != Load(lba);
  return !open && !(state & (kPassed | kUntracked)) && !InLoss(record.epoch) && IsDurable(record.epoch);
}

void VerifyTable::Compact() {
  const auto* records = reinterpret_cast<const uint8_t*>(records_);
  const auto begin = static_cast<uint64_t>(records - map_);
  const uint64_t end = begin + geometry_.lba_count * sizeof(Record);
  for (uint64_t at = begin; at < end;) {
    const off_t data = lseek(fd_, static_cast<off_t>(at), SEEK_DATA);
    if (data < 0 || static_cast<uint64_t>(data) >= end) return;
    const uint64_t page = (static_cast<uint64_t>(data) - begin) / kPageBytes;
    CompactPage(begin + page * kPageBytes, page * (kPageBytes / sizeof(Record)));
    at = begin + (page + 1) * kPageBytes;
  }
}

// Whoever writes there just now keeps the whole page.
void VerifyTable::CompactPage(uint64_t offset, uint64_t first) {
  const uint64_t count = std::min<uint64_t>(kPageBytes / sizeof(Record), geometry_.lba_count - first);
  if (!TryHold(first, count)) return;
  bool empty = true;
  for (uint64_t lba = first; lba < first + count; lba++) {
    if (Settled(lba)) {
      records_[lba].durable = kVersionUnknown;
      records_[lba].submitted = kVersionUnknown;
      records_[lba].epoch = 0;
    } else {
      empty = false;
    }
  }
  // The locks go with it.
  if (empty && fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset), kPageBytes) == 0) return;
  for (uint64_t lba = first; lba < first + count; lba++) {
    std::atomic_ref<uint32_t>(records_[lba].state).fetch_and(Settled(lba) ? 0 : ~kLocked, std::memory_order_release);
  }
}

}  // namespace assay
