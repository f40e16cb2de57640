// The commands of one queue that SPDK has, and what it answered.
#pragma once

#include <spdk/nvme.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "completions.h"
#include "slots.h"

namespace assay::spdk {

// Owner thread only.
class InFlight {
 public:
  explicit InFlight(uint32_t count) : slots_(this, count) {}

  // `send(command, callback, argument)` calls one of SPDK's functions for raw commands and returns what that returned.
  // `gone` is set when SPDK says that the device is lost.
  template <typename Send>
  SubmitOutcome Submit(HostSubmission& submission, std::atomic<bool>& gone, Send send) {
    Slot* slot = slots_.Take(submission.tag);
    if (slot == nullptr) return SubmitOutcome::kFull;
    static_assert(sizeof(Sqe) == sizeof(struct spdk_nvme_cmd));
    // SPDK copies it.
    auto* command = reinterpret_cast<struct spdk_nvme_cmd*>(&submission.sqe);
    const int status = send(command, OnDone, slot);
    if (status == 0) return SubmitOutcome::kOk;

    slots_.Give(slot);
    if (status == -ENXIO) {
      gone.store(true, std::memory_order_release);
      return SubmitOutcome::kGone;
    }
    if (status == -ENOMEM || status == -EAGAIN) return SubmitOutcome::kFull;
    completions_.Add(Refused(submission.tag));
    return SubmitOutcome::kOk;
  }

  // Nobody waits for what was sent any more.
  void Forget() {
    slots_.Forget();
    completions_.Forget();
  }

  // While it is set, completions go there at once; those that SPDK aborted are kept until it is known whether the queue is
  // lost.
  void TellTo(CompletionListener* listener) { listener_ = listener; }
  bool telling() const { return listener_ != nullptr; }

  Completions& completions() { return completions_; }
  uint32_t limit() const { return slots_.count(); }
  uint32_t taken() const { return slots_.taken(); }
  bool any() const { return taken() > 0; }

 private:
  static void OnDone(void* argument, const struct spdk_nvme_cpl* cpl) {
    auto* slot = static_cast<Slot*>(argument);
    InFlight* self = slot->owner;
    const uint64_t tag = slot->tag;
    if (!self->slots_.Give(slot)) return;
    const HostCompletion completion = ToCompletion(tag, *cpl);
    if (self->listener_ != nullptr && !IsAborted(completion)) {
      self->listener_->Completed(completion);
    } else {
      self->completions_.Add(completion);
    }
  }

  Slots slots_;
  Completions completions_;
  CompletionListener* listener_ = nullptr;
};

}  // namespace assay::spdk
