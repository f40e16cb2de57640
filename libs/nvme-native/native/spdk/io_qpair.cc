#include "io_qpair.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <string>

#include "core/clock.h"
#include "core/host/deadline.h"
#include "log_capture.h"

namespace assay::spdk {
namespace {

// SPDK takes requests for commands of its own from the same pool.
constexpr uint32_t kSpareRequests = 8;

constexpr uint64_t kConnectPauseNs = 10 * kNsPerMs;

// Far more than an owner needs from a Submit to its next Poll.
constexpr uint64_t kFlushBeforeDeadlineNs = kNsPerSecond;

// On PCIe SPDK keeps a quarter of a queue's entries (1 to 128) without a command. The queue is longer by
// that, so that all commands are with the drive and none waits inside SPDK.
uint32_t EntriesWithReserve(uint32_t entries, uint32_t limit) {
  const uint32_t commands = entries - 1;
  return std::max(entries, std::min(limit, commands + std::clamp(commands / 3, 1u, 128u)));
}

}  // namespace

IoQpair::IoQpair(const Traits& traits, const QpairOptions& options, struct spdk_nvme_ctrlr* const& ctrlr)
    : traits_(traits), options_(options), in_flight_(options.entries - 1), ctrlr_(ctrlr) {
  assert(options.entries >= 2);
}

// A target frees a queue's id some time after its connection was closed (Linux's nvmet does) and refuses it until then.
struct spdk_nvme_qpair* IoQpair::Connect(const struct spdk_nvme_io_qpair_opts& opts) {
  const uint64_t until = BoottimeNs() + traits_.connect_ms * kNsPerMs;
  for (;;) {
    struct spdk_nvme_qpair* qpair = spdk_nvme_ctrlr_alloc_io_qpair(ctrlr_, &opts, sizeof(opts));
    if (qpair == nullptr || spdk_nvme_ctrlr_connect_io_qpair(ctrlr_, qpair) == 0) return qpair;
    spdk_nvme_ctrlr_free_io_qpair(qpair);
    const uint64_t now = BoottimeNs();
    if (now >= until || DeadlinePassed(now) || spdk_nvme_ctrlr_is_failed(ctrlr_)) return nullptr;
    nap_.Wait(now + kConnectPauseNs, false, false);
  }
}

Status IoQpair::Attach() {
  assert(qpair_ == nullptr && ctrlr_ != nullptr);
  struct spdk_nvme_io_qpair_opts opts;
  spdk_nvme_ctrlr_get_default_io_qpair_opts(ctrlr_, &opts, sizeof(opts));
  opts.qprio = static_cast<enum spdk_nvme_qprio>(options_.priority);
  const bool reserve = !traits_.fabrics;
  opts.io_queue_size = reserve ? EntriesWithReserve(options_.entries, spdk_nvme_ctrlr_get_opts(ctrlr_)->io_queue_size) : options_.entries;
  opts.io_queue_requests = options_.entries + kSpareRequests;
  opts.delay_cmd_submit = true;
  opts.create_only = true;

  ForgetLastError();
  qpair_ = Connect(opts);
  if (qpair_ == nullptr) {
    const std::string detail = LastError();
    return Status::Error(Code::kQpair, std::string(traits_.name) + ": no qpair of " + std::to_string(options_.entries) +
                                           " entries and priority " + std::to_string(options_.priority) +
                                           (detail.empty() ? "" : " (" + detail + ")"));
  }
  qid_ = spdk_nvme_qpair_get_id(qpair_);
  gone_.store(false, std::memory_order_release);
  return Status::Ok();
}

void IoQpair::Detach() {
  in_flight_.Forget();
  if (qpair_ == nullptr) return;
  spdk_nvme_ctrlr_free_io_qpair(qpair_);
  qpair_ = nullptr;
  gone_.store(true, std::memory_order_release);
}

// All are freed before one is made: freeing gives the id back, also one that SPDK has meanwhile given to another.
void IoQpair::MakeWay() {
  if (traits_.fabrics) Detach();
}

void IoQpair::Lose() {
  in_flight_.Forget();
  gone_.store(true, std::memory_order_release);
}

void IoQpair::Abandon() {
  Lose();
  qpair_ = nullptr;
}

SubmitOutcome IoQpair::Submit(HostSubmission& submission) {
  if (gone_.load(std::memory_order_relaxed)) return SubmitOutcome::kGone;
  const SubmitOutcome outcome = in_flight_.Submit(submission, gone_, [&](struct spdk_nvme_cmd* command, spdk_nvme_cmd_cb done, void* slot) {
    if (submission.metadata != nullptr) {
      // SPDK divides by the sector size of the command's namespace, which is 0 while it is not attached.
      struct spdk_nvme_ns* ns = spdk_nvme_ctrlr_get_ns(ctrlr_, command->nsid);
      if (ns == nullptr || spdk_nvme_ns_get_sector_size(ns) == 0) return -EINVAL;
      return spdk_nvme_ctrlr_cmd_io_raw_with_md(ctrlr_, qpair_, command, submission.data, submission.data_bytes, submission.metadata, done, slot);
    }
    return spdk_nvme_ctrlr_cmd_io_raw(ctrlr_, qpair_, command, submission.data, submission.data_bytes, done, slot);
  });
  if (outcome == SubmitOutcome::kOk && flush_at_once_ && !in_flight_.telling()) Process(0);
  return outcome;
}

// Serves the doorbell and takes completions. Returns false when the queue is lost.
bool IoQpair::Process(size_t room) { return spdk_nvme_qpair_process_completions(qpair_, static_cast<uint32_t>(room)) >= 0; }

void IoQpair::LookAtDeadline() {
  const uint64_t deadline_ns = DeadlineNs();
  flush_at_once_ = deadline_ns != kNever && clock_.Now() + kFlushBeforeDeadlineNs >= deadline_ns;
}

size_t IoQpair::Poll(HostCompletion* out, size_t max) {
  assert(max > 0);
  in_flight_.completions().Begin(out, max);
  LookAtDeadline();
  const bool gone = gone_.load(std::memory_order_relaxed);
  if (gone || in_flight_.completions().Room() == 0) return in_flight_.completions().End(gone);
  const bool lost = !Process(in_flight_.completions().Room());
  const size_t count = in_flight_.completions().End(lost);
  if (lost && in_flight_.completions().empty()) gone_.store(true, std::memory_order_release);
  return count;
}

size_t IoQpair::Serve(CompletionListener& to, size_t max, uint32_t looks) {
  if (!in_flight_.completions().empty()) return HostQpair::Serve(to, max, 1);
  if (gone_.load(std::memory_order_relaxed)) return 0;
  LookAtDeadline();
  in_flight_.TellTo(&to);
  // A doorbell is cheap: with a quarter at a time the drive has the next ones before it has finished all others. A socket
  // is not: everything at once.
  const bool doorbells = !traits_.fabrics;
  const size_t most = doorbells ? std::min(max, std::max<size_t>(1, in_flight_.taken() / 4)) : max;
  int32_t count = 0;
  do count = spdk_nvme_qpair_process_completions(qpair_, static_cast<uint32_t>(most));
  while (count == 0 && --looks > 0);
  in_flight_.TellTo(nullptr);
  if (count < 0) {
    in_flight_.completions().End(true);
    if (in_flight_.completions().empty()) gone_.store(true, std::memory_order_release);
  } else if (count > 0 && flush_at_once_) {
    Process(0);
  }
  return count > 0 ? static_cast<size_t>(count) : 0;
}

void IoQpair::Wait(uint64_t until_ns, bool spin) {
  if (!in_flight_.completions().empty()) return;
  const bool gone = Gone();
  if (!spin || !in_flight_.any()) flush_at_once_ = true;
  nap_.Wait(until_ns, in_flight_.any() || gone, spin && !gone);
}

Status IoQpair::Recover() {
  in_flight_.Forget();
  const Status status = qpair_ == nullptr ? Attach() : Keep();
  gone_.store(!status.ok(), std::memory_order_release);
  return status;
}

Status IoQpair::Keep() {
  if (spdk_nvme_qpair_process_completions(qpair_, 0) < 0) {
    return Status::Error(Code::kQpair, std::string(traits_.name) + ": qpair " + std::to_string(qid_) + " did not come back after the reset");
  }
  return Status::Ok();
}

}  // namespace assay::spdk
