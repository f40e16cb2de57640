#pragma once
#include <deque>

#include "ring_qpair.h"

namespace assay {

// The admin queue with a place for completions that an internal command reaped on its way.
class RingAdminQpair final : public HostQpair {
 public:
  explicit RingAdminQpair(std::unique_ptr<RingQpair> ring) : queue(std::move(ring)) {}
  uint16_t Qid() const override { return 0; }
  uint32_t MaxOutstanding() const override { return queue->MaxOutstanding(); }
  SubmitOutcome Submit(HostSubmission& submission) override { return queue->Submit(submission); }
  size_t Poll(HostCompletion* out, size_t max) override {
    size_t n = 0;
    for (; n < max && !kept.empty(); n++) {
      out[n] = kept.front();
      kept.pop_front();
    }
    return n + queue->Poll(out + n, max - n);
  }
  bool Gone() const override { return kept.empty() && queue->Gone(); }
  void Wait(uint64_t until_ns, bool spin) override {
    if (kept.empty()) queue->Wait(until_ns, spin);
  }
  void Wake() override { queue->Wake(); }
  Status Recover() override { return Status::Ok(); }  // the bring-up made it again

  const std::unique_ptr<RingQpair> queue;
  std::deque<HostCompletion> kept;
};

}  // namespace assay
