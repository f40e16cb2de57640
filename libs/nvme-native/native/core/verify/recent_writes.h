// The newest stamped writes of several LBAs that were sent through a verify table: whoever reads a part of one can ask how
// far it goes. Many writers, no locks; what is being overwritten is not found.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace assay {

// More than can be on their way at once, with those that have just ended.
constexpr uint64_t kRecentWrites = 4096;

struct StampedWrite {
  uint64_t token = 0;  // of the first LBA
  uint64_t slba = 0;
  uint32_t lba_count = 0;

  uint64_t TokenOf(uint64_t lba) const { return token + (lba - slba); }
  bool Covers(uint64_t lba) const { return lba >= slba && lba - slba < lba_count; }
};

class RecentWrites {
 public:
  void Add(const StampedWrite& write) {
    Entry& entry = ring_[next_.fetch_add(1, std::memory_order_relaxed) % kRecentWrites];
    entry.token.store(0, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    entry.slba.store(write.slba, std::memory_order_relaxed);
    entry.lba_count.store(write.lba_count, std::memory_order_relaxed);
    entry.token.store(write.token, std::memory_order_release);
  }
  // It did not end well: nobody promised to do all of it or nothing.
  void Forget(uint64_t token) {
    for (uint64_t i = 0; i < kRecentWrites; i++) {
      uint64_t seen = token;
      if (ring_[i].token.compare_exchange_strong(seen, 0, std::memory_order_relaxed)) return;
    }
  }
  // After a power loss the atomic unit is another one.
  void ForgetAll() {
    for (uint64_t i = 0; i < kRecentWrites; i++) ring_[i].token.store(0, std::memory_order_relaxed);
  }
  // The write that gave `lba` this token.
  std::optional<StampedWrite> Of(uint64_t lba, uint64_t token) const {
    const uint64_t next = next_.load(std::memory_order_acquire);
    for (uint64_t at = next, end = next - std::min(next, kRecentWrites); at > end; at--) {
      const Entry& entry = ring_[(at - 1) % kRecentWrites];
      const uint64_t first = entry.token.load(std::memory_order_acquire);
      const StampedWrite write{first, entry.slba.load(std::memory_order_relaxed), static_cast<uint32_t>(entry.lba_count.load(std::memory_order_relaxed))};
      std::atomic_thread_fence(std::memory_order_acquire);
      const bool whole = first != 0 && entry.token.load(std::memory_order_relaxed) == first;
      if (whole && write.Covers(lba) && write.TokenOf(lba) == token) return write;
    }
    return {};
  }

 private:
  struct Entry {
    std::atomic<uint64_t> token{0}, slba{0}, lba_count{0};
  };
  std::atomic<uint64_t> next_{0};
  std::unique_ptr<Entry[]> ring_{new Entry[kRecentWrites]};
};

}  // namespace assay
