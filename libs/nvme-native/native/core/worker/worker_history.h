// The newest commands of an ioworker, in the order in which they ended.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace assay {

struct CommandRecord {
  uint64_t slba;
  uint64_t submit_ns;
  uint64_t complete_ns;  // 0: outstanding
  uint32_t lbas;
  uint16_t status;       // of the CQE, without its phase bit
  uint8_t opcode;
  bool completed;        // by the drive; the others were outstanding when the worker ended
};

class WorkerHistory {
 public:
  explicit WorkerHistory(uint32_t count) : count_(count) { ring_.reserve(count); }

  bool kept() const { return count_ != 0; }
  void Add(const CommandRecord& record) {
    if (ring_.size() < count_) {
      ring_.push_back(record);
      return;
    }
    ring_[oldest_] = record;
    oldest_ = oldest_ + 1 == ring_.size() ? 0 : oldest_ + 1;
  }
  // Oldest first.
  std::vector<CommandRecord> Take() {
    std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(oldest_), ring_.end());
    oldest_ = 0;
    return std::move(ring_);
  }

 private:
  size_t count_;
  std::vector<CommandRecord> ring_;
  size_t oldest_ = 0;
};

}  // namespace assay
