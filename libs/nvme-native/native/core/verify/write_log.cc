#include "write_log.h"

#include <algorithm>

namespace assay {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr uint64_t kNoToken = UINT64_MAX;

uint64_t Packed(const WriteOrigin& origin, WriteEnd end) {
  return uint64_t{origin.worker} << 32 | uint64_t{origin.qid} << 16 | uint64_t{static_cast<uint8_t>(end)} << 8 | origin.opcode;
}

bool Covers(const LoggedWrite& write, uint64_t lba) { return lba >= write.slba && lba - write.slba < write.lba_count; }

}  // namespace

void WriteLog::Add(const LoggedWrite& write) {
  const uint64_t number = newest_->fetch_add(1, kRelaxed) + 1;
  Entry& entry = ring_[(number - 1) % kWriteLogEntries];
  entry.sequence.store(0, std::memory_order_release);
  entry.slba.store(write.slba, kRelaxed);
  entry.counts.store(write.lba_count, kRelaxed);
  entry.origin.store(Packed(write.origin, write.end), kRelaxed);
  entry.token.store(write.token.value_or(kNoToken), kRelaxed);
  entry.ended_ms.store(write.ended_ms, kRelaxed);
  entry.sequence.store(number, std::memory_order_release);
}

template <typename Take>
void WriteLog::Walk(uint64_t since, Take take) const {
  const uint64_t newest = Newest();
  const uint64_t oldest = std::max(since, newest > kWriteLogEntries ? newest - kWriteLogEntries : 0);
  for (uint64_t number = newest; number > oldest; number--) {
    const Entry& entry = ring_[(number - 1) % kWriteLogEntries];
    if (entry.sequence.load(std::memory_order_acquire) != number) continue;
    LoggedWrite write;
    write.slba = entry.slba.load(kRelaxed);
    write.lba_count = static_cast<uint32_t>(entry.counts.load(kRelaxed));
    const uint64_t origin = entry.origin.load(kRelaxed);
    const uint64_t token = entry.token.load(kRelaxed);
    write.ended_ms = entry.ended_ms.load(kRelaxed);
    if (entry.sequence.load(std::memory_order_acquire) != number) continue;
    write.origin = {static_cast<uint8_t>(origin), static_cast<uint16_t>(origin >> 16), static_cast<uint32_t>(origin >> 32)};
    write.end = static_cast<WriteEnd>(std::min<uint64_t>(origin >> 8 & 0xff, static_cast<uint64_t>(WriteEnd::kNotSent)));
    if (token != kNoToken) write.token = token;
    if (!take(std::move(write))) return;
  }
}

bool WriteLog::AnySince(uint64_t number, uint64_t lba, bool (*such)(const LoggedWrite&)) const {
  bool found = Newest() - number > kWriteLogEntries;
  if (!found) {
    Walk(number, [&](LoggedWrite&& write) {
      found = Covers(write, lba) && such(write);
      return !found;
    });
  }
  return found;
}

std::vector<LoggedWrite> WriteLog::Covering(uint64_t lba) const {
  std::vector<LoggedWrite> found;
  Walk(0, [&](LoggedWrite&& write) {
    if (Covers(write, lba)) found.push_back(std::move(write));
    return found.size() < kMaxLastWrites;
  });
  return found;
}

std::vector<LoggedWrite> WriteLog::All() const {
  std::vector<LoggedWrite> found;
  Walk(0, [&](LoggedWrite&& write) {
    found.push_back(std::move(write));
    return true;
  });
  return found;
}

}  // namespace assay
