// What the drive did against the protocol on the completion side. Such an entry completes no command: it is counted, the
// first ones are kept.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace assay {

enum class ViolationKind : uint8_t {
  kDuplicateCompletion,  // of a command that had completed
  kUnknownCid,           // of a command that was never sent
};

struct ProtocolViolation {
  ViolationKind kind;
  uint16_t qid;
  uint16_t cid;
  uint64_t at_ns;  // CLOCK_BOOTTIME
};

constexpr size_t kMaxViolationsKept = 64;

// Any thread.
class ViolationLog {
 public:
  void Note(const ProtocolViolation& violation) {
    count_.fetch_add(1, std::memory_order_relaxed);
    std::lock_guard lock(mutex_);
    if (first_.size() < kMaxViolationsKept) first_.push_back(violation);
  }
  uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  std::vector<ProtocolViolation> first() const {
    std::lock_guard lock(mutex_);
    return first_;
  }

 private:
  std::atomic<uint64_t> count_{0};
  mutable std::mutex mutex_;
  std::vector<ProtocolViolation> first_;
};

}  // namespace assay
