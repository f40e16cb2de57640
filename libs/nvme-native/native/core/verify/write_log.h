// The newest writes that went through a verify table, for whoever asks what was written last to an LBA. Lies in the
// table's file and outlives the process. Many writers, no locks; a reader skips what is being overwritten.
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace assay {

constexpr uint64_t kWriteLogEntries = 16'384;
// Told with a miscompare, newest first.
constexpr size_t kMaxLastWrites = 8;

// How a write ended.
enum class WriteEnd : uint8_t {
  kAcknowledged,
  kUncertain,  // error, terminated: the sector holds the old or the new version
  kUnknown,    // timed out: the drive may still write it later
  kNotSent,    // nothing happened after TryLock
};

// Who wrote.
struct WriteOrigin {
  uint8_t opcode = 0;
  uint16_t qid = 0;
  uint32_t worker = 0;
};

struct LoggedWrite {
  uint64_t slba = 0;
  uint32_t lba_count = 0;
  WriteOrigin origin;
  WriteEnd end = WriteEnd::kAcknowledged;
  std::optional<uint64_t> token;  // of the first sector, where a worker stamped it
  uint64_t ended_ms = 0;          // Unix epoch
};

class WriteLog {
 public:
  struct Entry {
    std::atomic<uint64_t> sequence;  // 0 while it is being written
    std::atomic<uint64_t> slba, counts, origin, token, ended_ms;
  };
  static constexpr uint64_t kBytes = 4096 + kWriteLogEntries * sizeof(Entry);

  // `memory`: kBytes, 8-byte aligned; zeroes or what an earlier log left.
  explicit WriteLog(uint8_t* memory) : newest_(reinterpret_cast<std::atomic<uint64_t>*>(memory)), ring_(reinterpret_cast<Entry*>(memory + 4096)) {}

  void Add(const LoggedWrite& write);
  // Newest first, at most kMaxLastWrites.
  std::vector<LoggedWrite> Covering(uint64_t lba) const;
  // Newest first, all that are kept.
  std::vector<LoggedWrite> All() const;
  // Number of the newest write: those that end from now on have higher ones.
  uint64_t Newest() const { return newest_->load(std::memory_order_acquire); }
  // Whether one with a higher number covers the LBA and is such a one. True as well where not all of them are kept any more.
  bool AnySince(uint64_t number, uint64_t lba, bool (*such)(const LoggedWrite&)) const;

 private:
  // Newest first, those with a higher number than `since`; `take` says whether it wants more.
  template <typename Take>
  void Walk(uint64_t since, Take take) const;

  std::atomic<uint64_t>* newest_;
  Entry* ring_;
};

}  // namespace assay
