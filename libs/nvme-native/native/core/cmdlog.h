// The flight recorder: a ring of the newest commands and completions of one queue, in a memory-mapped file that outlives
// the process. Layout and meaning: libs/protocol/src/cmdlog.ts. One writer, the queue's owner thread; no locks, no system
// calls on the hot path. A queue id that is used again goes on where the ring before it ended (same boot, same size) in a file
// of its own; the file of the queue before is kept beside it as `<path>.1`, that of the one before as `<path>.2`, no more.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "mapped_file.h"
#include "nvme_spec.h"
#include "status.h"

namespace assay {

constexpr uint32_t kCmdlogVersion = 1;
constexpr uint32_t kCmdlogHeaderBytes = 4096;
constexpr uint32_t kCmdlogMinEntries = 2048;
constexpr uint32_t kCmdlogMaxEntries = 1 << 20;
// Files of earlier queues of the same id.
constexpr int kCmdlogsKept = 2;

class Cmdlog {
 public:
  // `path` empty: anonymous memory only. `entries` is a power of two, kCmdlogMinEntries..kCmdlogMaxEntries. kFile.
  static Status Open(const std::string& path, uint32_t entries, uint16_t qid, const std::string& label, std::unique_ptr<Cmdlog>* out);
  Cmdlog(const Cmdlog&) = delete;

  // Owner thread. Returns the entry's number for Complete.
  uint64_t Submit(const Sqe& sqe, uint64_t submit_ns, uint32_t worker, uint64_t lba_count) {
    const uint64_t number = ++newest_;
    Entry& e = ring_[(number - 1) & mask_];
    std::atomic_ref(e.sequence).store(0, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    e.submitted_ns = submit_ns;
    e.completed_ns = 0;
    e.flags = 0;
    e.worker = worker;
    std::memcpy(e.sqe, &sqe, sizeof sqe);
    std::memset(e.cqe, 0, sizeof e.cqe);
    e.lba_count = lba_count;
    std::atomic_ref(e.sequence).store(number, std::memory_order_release);
    std::atomic_ref(header_->newest).store(number, std::memory_order_relaxed);
    // Both lines of the next entry: a doorbell would otherwise wait for this one's way into the cache.
    const Entry& next = ring_[number & mask_];
    __builtin_prefetch(&next, 1);
    __builtin_prefetch(next.sqe + 32, 1);
    return number;
  }

  // Owner thread, directly after the submission: the entry as it went out, with cid and data pointers where they are known.
  void Amend(uint64_t number, const Sqe& sqe) { std::memcpy(ring_[(number - 1) & mask_].sqe, &sqe, sizeof sqe); }

  // Owner thread. A command whose entry was overwritten meanwhile is left alone.
  void Complete(uint64_t number, const Cqe& cqe, uint64_t complete_ns, bool local) {
    Entry& e = ring_[(number - 1) & mask_];
    if (e.sequence != number) return;
    e.completed_ns = complete_ns;
    std::memcpy(e.cqe, &cqe, sizeof cqe);
    if (!local) std::memcpy(e.sqe + 2, &cqe.cid, 2);
    std::atomic_ref(e.flags).store(kCompleted | (local ? kLocal : 0), std::memory_order_release);
  }

  const std::string& path() const { return path_; }
  // Any thread: what the file holds, as its readers find it while it is written.
  const uint8_t* image() const { return file_->data(); }
  size_t image_bytes() const { return file_->bytes(); }

 private:
  static constexpr uint32_t kCompleted = 1;
  static constexpr uint32_t kLocal = 2;

  struct Header {
    char magic[8];
    uint32_t version;
    uint32_t entry_bytes;
    uint32_t capacity;
    uint16_t qid;
    uint16_t reserved;
    uint64_t boottime_ns;
    uint64_t realtime_ns;
    uint64_t newest;
    uint32_t pid;
    uint32_t reserved2;
    char label[64];
    uint64_t first;  // number of the first entry of this queue
  };
  struct alignas(128) Entry {
    uint64_t sequence;
    uint64_t submitted_ns;
    uint64_t completed_ns;
    uint32_t flags;
    uint32_t worker;
    uint8_t sqe[64];
    uint8_t cqe[16];
    uint64_t lba_count;
    uint64_t reserved;
  };
  static_assert(sizeof(Entry) == 128);
  static_assert(offsetof(Header, boottime_ns) == 24 && offsetof(Header, newest) == 40 && offsetof(Header, label) == 56 && offsetof(Header, first) == 120);
  static_assert(offsetof(Entry, sqe) == 32 && offsetof(Entry, cqe) == 96 && offsetof(Entry, lba_count) == 112);

  Cmdlog(std::string path, std::unique_ptr<MappedFile> file, uint32_t entries);
  bool Fits(uint32_t entries, uint16_t qid) const;
  void Begin(uint32_t entries, uint16_t qid);
  void GoOn(const Cmdlog& before);
  void Count();

  std::string path_;
  std::unique_ptr<MappedFile> file_;
  Header* header_;
  Entry* ring_;
  uint64_t mask_;
  uint64_t newest_ = 0;
};

}  // namespace assay
