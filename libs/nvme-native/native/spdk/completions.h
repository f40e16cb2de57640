// What SPDK's callbacks hand over, on its way to HostQpair::Poll.
#pragma once

#include <spdk/nvme.h>

#include <cstddef>
#include <cstring>
#include <deque>

#include "core/host/host.h"

namespace assay::spdk {

inline HostCompletion ToCompletion(uint64_t tag, const struct spdk_nvme_cpl& cpl) {
  HostCompletion completion;
  completion.tag = tag;
  static_assert(sizeof(completion.cqe) == sizeof(cpl));
  memcpy(&completion.cqe, &cpl, sizeof(cpl));
  completion.cqe.status &= 0xfffe;  // the phase bit says nothing outside the queue
  return completion;
}

// SPDK's own word for "the queue went away under this command".
inline bool IsAborted(const HostCompletion& completion) {
  return completion.cqe.Sct() == SPDK_NVME_SCT_GENERIC && completion.cqe.Sc() == SPDK_NVME_SC_ABORTED_SQ_DELETION;
}

// A command that SPDK refused without sending it: the host's "invalid field", not to be retried.
inline HostCompletion Refused(uint64_t tag) {
  HostCompletion completion;
  completion.tag = tag;
  completion.cqe.status = MakeStatus(SPDK_NVME_SCT_GENERIC, SPDK_NVME_SC_INVALID_FIELD, true);
  return completion;
}

// Completions in order: straight into the caller's array while a Poll runs, else kept for the next one.
class Completions {
 public:
  void Begin(HostCompletion* out, size_t max) {
    out_ = next_ = out;
    end_ = out + max;
    while (!kept_.empty() && next_ < end_) {
      *next_++ = kept_.front();
      kept_.pop_front();
    }
  }
  size_t Room() const { return static_cast<size_t>(end_ - next_); }
  void Add(const HostCompletion& completion) {
    if (next_ < end_) {
      *next_++ = completion;
    } else {
      kept_.push_back(completion);
    }
  }
  // `lost`: the queue went away during this Poll, so those that SPDK aborted are nobody's completions.
  size_t End(bool lost) {
    if (lost) {
      HostCompletion* last = out_;
      for (HostCompletion* each = out_; each < next_; each++) {
        if (!IsAborted(*each)) *last++ = *each;
      }
      next_ = last;
      std::deque<HostCompletion> answered;
      for (const HostCompletion& each : kept_) {
        if (!IsAborted(each)) answered.push_back(each);
      }
      kept_.swap(answered);
    }
    const size_t count = static_cast<size_t>(next_ - out_);
    out_ = next_ = end_ = nullptr;
    return count;
  }
  void Forget() { kept_.clear(); }
  bool empty() const { return kept_.empty(); }

 private:
  HostCompletion* out_ = nullptr;
  HostCompletion* next_ = nullptr;
  HostCompletion* end_ = nullptr;
  std::deque<HostCompletion> kept_;
};

}  // namespace assay::spdk
