// What a test may put between a software drive and its host: a tape of every command that the drive fetched and every
// completion that it posted, in a memory-mapped file that outlives the process. It runs while `<drive>.bus` exists
// when the drive is opened; whoever made that file chose its size, which is never changed.
//
// All little endian, records of 128 bytes, the first is the head: u64 number of the newest record. Record n lies in place
// 1 + (n - 1) mod (places - 1): u64 n (stored last) | u16 kind (1 fetched, 2 posted) | u16 queue id | 20 bytes 0 |
// at 32 the submission entry (64 bytes) or the completion entry (16 bytes).
#pragma once
#include <atomic>
#include <cstdint>
#include <string>

#include "core/nvme_spec.h"

namespace assay::model {

constexpr uint32_t kBusRecordBytes = 128;

// Device thread only.
class BusTrace {
 public:
  explicit BusTrace(const std::string& drive_path);
  ~BusTrace();
  BusTrace(const BusTrace&) = delete;

  // Before the command is executed.
  void Fetched(uint16_t qid, const Sqe& sqe) {
    if (map_ != nullptr) Note(1, qid, &sqe, sizeof sqe);
  }
  // Before the host can see the completion.
  void Posted(uint16_t qid, const Cqe& cqe) {
    if (map_ != nullptr) Note(2, qid, &cqe, sizeof cqe);
  }

 private:
  void Note(uint16_t kind, uint16_t qid, const void* entry, size_t bytes);

  uint8_t* map_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace assay::model
