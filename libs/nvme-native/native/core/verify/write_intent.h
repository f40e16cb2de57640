// Which parts of a verify table may be newer in memory than on the disk, so that a stop of the machine costs what is noted
// there and no more. A region of the table is marked on the disk before anything of it changes, and unmarked once what
// changed is there too: what md calls a write-intent bitmap. Marking waits for the disk once in a while, never each time.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace assay {

// A byte each.
constexpr uint64_t kMostRegions = 4096;
// A page of versions and four of records: no two regions share one.
constexpr uint64_t kLeastRegionLbas = 1024;

// To unmark what is in use would make its next writer wait for the disk, and win nothing.
enum class SyncScope { kAll, kResting };

class WriteIntent {
 public:
  // `notes`: kMostRegions bytes of the file. `flush`: brings them to the disk; false: it did not take them.
  WriteIntent(uint8_t* notes, uint64_t lba_count, std::function<bool()> flush);

  uint64_t region_lbas() const { return region_lbas_; }
  uint64_t regions() const { return regions_; }

  // Before anything of these LBAs changes; `count` is not 0. Behind the last change comes Leave.
  void Enter(uint64_t slba, uint64_t count) {
    for (uint64_t region = slba / region_lbas_, last = (slba + count - 1) / region_lbas_; region <= last; region++) EnterRegion(region);
  }
  void Leave(uint64_t slba, uint64_t count);
  // These LBAs are about to change: what Enter would wait for is done at once. Any thread.
  void Announce(uint64_t slba, uint64_t count);

  // What is marked begins to settle, or of that only what nobody has entered since the last call; false when nothing does.
  // Then the table goes to the disk, and `Settled` unmarks what nobody has entered meanwhile. One thread at a time.
  bool Settle(SyncScope scope);
  void Settled(bool reached_the_disk);
  // The disk has lost something: everything stays marked.
  void MarkAll();

  bool Marked(uint64_t region) const { return Note(region) & kMarked; }
  // Was marked when the machine stopped: what the table said there is gone.
  bool Lost(uint64_t lba) const { return Note(lba / region_lbas_) & kLost; }
  void Lose(uint64_t region) { SetNote(region, kMarked | kLost); }
  // The contents of the drive are gone too.
  void ForgetLosses();

 private:
  enum State : uint32_t { kOnDisk, kChanging, kSettling, kResting };
  // State in the lowest bits, above it how many are inside.
  static constexpr uint32_t kStateBits = 3, kInside = 4;
  static constexpr uint8_t kMarked = 1, kLost = 2;

  void EnterRegion(uint64_t region) {
    std::atomic<uint32_t>& word = words_[region];
    uint32_t seen = word.load(std::memory_order_relaxed);
    for (;;) {
      if ((seen & kStateBits) == kOnDisk) {
        Mark(region);
        seen = word.load(std::memory_order_relaxed);
        continue;
      }
      if (word.compare_exchange_weak(seen, ((seen & ~kStateBits) | kChanging) + kInside, std::memory_order_acquire)) return;
    }
  }
  void Mark(uint64_t region);
  bool MarkHeld(uint64_t from, uint64_t to);
  void MarkAllHeld();
  void Flush();
  uint8_t Note(uint64_t region) const { return std::atomic_ref(notes_[region]).load(std::memory_order_relaxed); }
  void SetNote(uint64_t region, uint8_t note) { std::atomic_ref(notes_[region]).store(note, std::memory_order_relaxed); }

  uint8_t* notes_;
  uint64_t region_lbas_;
  uint64_t regions_;
  std::function<bool()> flush_;
  std::unique_ptr<std::atomic<uint32_t>[]> words_;
  std::mutex mutex_;         // of every change from or to kOnDisk
  uint32_t marks_ = 0;       // since the last Settled
};

}  // namespace assay
