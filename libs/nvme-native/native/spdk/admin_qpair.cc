#include "admin_qpair.h"

#include <cassert>
#include <cerrno>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/host/deadline.h"

namespace assay::spdk {
namespace {

// SPDK's own: event requests, a keep-alive, an abort, and the entry that a full queue leaves empty.
constexpr uint32_t kReservedEntries = 12;

// Shared with SPDK's callback, which may come after the wait was given up.
struct Execution {
  bool done = false;
  bool given_up = false;
  struct spdk_nvme_cpl cpl {};
};

void OnExecuted(void* argument, const struct spdk_nvme_cpl* cpl) {
  auto* execution = static_cast<Execution*>(argument);
  if (execution->given_up) {
    delete execution;
    return;
  }
  execution->cpl = *cpl;
  execution->done = true;
}

}  // namespace

AdminQpair::AdminQpair(const Traits& traits, struct spdk_nvme_ctrlr* const& ctrlr, std::atomic<bool>& controller_gone, std::function<bool()> taken_away)
    : traits_(traits), ctrlr_(ctrlr), gone_(controller_gone), taken_away_(std::move(taken_away)), in_flight_(traits.admin_entries - kReservedEntries) {}

void AdminQpair::Attach() { spdk_nvme_ctrlr_register_aer_callback(ctrlr_, OnEvent, this); }

void AdminQpair::Forget() {
  in_flight_.Forget();
  event_requests_.clear();
}

SubmitOutcome AdminQpair::Submit(HostSubmission& submission) {
  if (Gone()) return SubmitOutcome::kGone;
  if (submission.sqe.opc == admin_opcode::kAsyncEvent) {
    if (event_requests_.size() == kMaxHeldEventRequests) {
      HostCompletion limit = Refused(submission.tag);
      limit.cqe.status = MakeStatus(SPDK_NVME_SCT_COMMAND_SPECIFIC, SPDK_NVME_SC_ASYNC_EVENT_REQUEST_LIMIT_EXCEEDED, true);
      in_flight_.completions().Add(limit);
    } else {
      event_requests_.push_back(submission.tag);
      MatchEvents();
    }
    return SubmitOutcome::kOk;
  }

  return in_flight_.Submit(submission, gone_, [&](struct spdk_nvme_cmd* command, spdk_nvme_cmd_cb done, void* slot) {
    return spdk_nvme_ctrlr_cmd_admin_raw(ctrlr_, command, submission.data, submission.data_bytes, done, slot);
  });
}

void AdminQpair::OnEvent(void* argument, const struct spdk_nvme_cpl* cpl) {
  auto* self = static_cast<AdminQpair*>(argument);
  // A request that the controller aborted (reset, shutdown) is no event.
  if (spdk_nvme_cpl_is_error(cpl)) return;
  if (self->events_.size() == kMaxKeptEvents) self->events_.pop_front();
  self->events_.push_back(*cpl);
  self->MatchEvents();
}

void AdminQpair::MatchEvents() {
  while (!events_.empty() && !event_requests_.empty()) {
    in_flight_.completions().Add(ToCompletion(event_requests_.front(), events_.front()));
    event_requests_.pop_front();
    events_.pop_front();
  }
}

bool AdminQpair::Process() {
  const bool lost = taken_away_() || spdk_nvme_ctrlr_process_admin_completions(ctrlr_) < 0;
  if (lost) gone_.store(true, std::memory_order_release);
  return !lost;
}

size_t AdminQpair::Poll(HostCompletion* out, size_t max) {
  assert(max > 0);
  in_flight_.completions().Begin(out, max);
  const bool gone = Gone();
  if (gone || in_flight_.completions().Room() == 0 || DeadlinePassed(BoottimeNs())) return in_flight_.completions().End(gone);
  return in_flight_.completions().End(!Process());
}

void AdminQpair::Wait(uint64_t until_ns, bool spin) {
  if (!in_flight_.completions().empty()) return;
  const bool gone = Gone();
  nap_.Wait(until_ns, in_flight_.any() || gone, spin && !gone);
}

Status AdminQpair::Recover() {
  Forget();
  if (Gone()) return Status::Error(Code::kGone, std::string(traits_.name) + ": the controller does not answer");
  return Status::Ok();
}

Status AdminQpair::Execute(const struct spdk_nvme_cmd& command, uint32_t timeout_ms, struct spdk_nvme_cpl* cpl) {
  if (Gone()) return Status::Error(Code::kGone, std::string(traits_.name) + ": the controller does not answer");
  auto execution = std::make_unique<Execution>();
  struct spdk_nvme_cmd copy = command;
  const int status = spdk_nvme_ctrlr_cmd_admin_raw(ctrlr_, &copy, nullptr, 0, OnExecuted, execution.get());
  if (status != 0) {
    return Status::Error(status == -ENXIO ? Code::kGone : Code::kTimeout,
                         std::string(traits_.name) + ": the admin queue takes no command: " + strerror(-status));
  }
  const uint64_t until = BoottimeNs() + timeout_ms * kNsPerMs;
  bool alive = true;
  while (!execution->done && alive && BoottimeNs() < until) {
    alive = Process();
    if (!execution->done) nap_.Wait(until, true, false);
  }
  if (execution->done && !IsAborted(ToCompletion(0, execution->cpl))) {
    *cpl = execution->cpl;
    return Status::Ok();
  }
  if (!execution->done) {
    execution->given_up = true;
    (void)execution.release();
  }
  if (!alive) return Status::Error(Code::kGone, std::string(traits_.name) + ": the controller does not answer");
  return Status::Error(Code::kTimeout, std::string(traits_.name) + ": no answer to an admin command of the driver within " +
                                           std::to_string(timeout_ms) + " ms");
}

}  // namespace assay::spdk
