// When an ioworker may send its next command, and when it has sent enough. Pure: time comes in, ns of CLOCK_BOOTTIME.
#pragma once
#include "worker_options.h"

namespace assay {

class WorkerPacing {
 public:
  // `options` must outlive this.
  explicit WorkerPacing(const WorkerOptions& options);
  void Start(uint64_t now_ns);

  // At a rate or with a sequence: each command has a time at which it is meant to be sent.
  bool paced() const { return paced_; }
  uint64_t next_ns() const { return next_ns_; }
  bool Due(uint64_t now_ns) const { return now_ns >= next_ns_; }
  // A limit is met. At a rate, what was due before the end is still sent when the worker comes late.
  bool Enough(uint64_t now_ns) const { return issued_ >= most_issued_ || passed_lbas_ >= most_lbas_ || (now_ns >= end_ns_ && Over(now_ns)); }
  // So many LBAs of the region are done with.
  void Passed(uint64_t lbas) { passed_lbas_ += lbas; }
  // The command that was due has been taken.
  void Took() {
    issued_++;
    if (paced_) next_ns_ = NextNs();
  }
  // When something changes by itself: the next one is due, or time is up.
  uint64_t WakeNs(bool can_send) const;

 private:
  uint64_t NextNs() const;
  bool Over(uint64_t now_ns) const;

  const WorkerOptions& options_;
  const bool paced_;
  uint64_t most_issued_ = kNever, most_lbas_ = kNever, end_ns_ = kNever;
  uint64_t start_ns_ = 0;
  uint64_t next_ns_ = 0;  // 0: at once
  uint64_t issued_ = 0;
  uint64_t passed_lbas_ = 0;
};

}  // namespace assay
