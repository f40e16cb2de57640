// Who owns the queues of a controller: owners come and go, park and are recovered by a reset.
#include <algorithm>

#include "controller.h"
#include "deadline.h"
#include "thread_census.h"

namespace assay {

Status Controller::Attach(const std::shared_ptr<QpairOwner>& owner, const QpairOptions& options, const std::string& label) {
  if (DeadlinePassed(BoottimeNs())) return Status::Error(Code::kDeadline, "the deadline has passed: no queue pair is created any more");
  if (closing_) return Status::Error(Code::kClosed, "the controller is closed");
  if (freeze_.frozen()) return FrozenStatus();
  if (renewing_) return Status::Error(Code::kQpair, "a script is bringing the controller up: no queue pair is created meanwhile");
  if (host_->Gone()) return Status::Error(Code::kGone, "the device is gone: no queue pair can be created");
  std::unique_ptr<HostQpair> host_qpair;
  if (Status s = host_->CreateQpair(options, &host_qpair); !s.ok()) return s;
  const uint16_t qid = host_qpair->Qid();
  // Large enough that nothing outstanding is overwritten.
  uint32_t entries = options_.cmdlog_entries;
  while (entries < 2 * options.entries && entries < kCmdlogMaxEntries) entries *= 2;
  const std::string path = options_.cmdlog_dir.empty() ? "" : options_.cmdlog_dir + "/" + std::to_string(qid) + ".cmdlog";
  std::unique_ptr<Cmdlog> cmdlog;
  if (Status s = Cmdlog::Open(path, entries, qid, label, &cmdlog); !s.ok()) {
    host_->DeleteQpair(std::move(host_qpair), false);
    return s;
  }
  owner->label = label;
  owner->qpair = std::make_unique<Qpair>(host_qpair.get(), std::move(cmdlog), uint64_t{options_.timeout_ms} * kNsPerMs);
  owner->qpair->Obey(&freeze_);
  owner->host_qpair = std::move(host_qpair);
  owners_.push_back(owner);
  return Status::Ok();
}

Status Controller::StartOwner(QpairOwner* owner, const char* thread, std::function<void()> body) {
  Status status = StartThread(thread, std::move(body));
  if (status.ok()) return status;
  owner->parking.Retire();
  Detach(owner);
  return status;
}

void Controller::Detach(QpairOwner* owner) {
  const auto at = std::find_if(owners_.begin(), owners_.end(), [&](const auto& other) { return other.get() == owner; });
  if (at == owners_.end()) return;
  if (freeze_.frozen() && !closing_) {
    held_.push_back(owner);
    return;
  }
  const bool silent = DeadlinePassed(BoottimeNs()) || host_->Gone() || freeze_.frozen();
  if (!freeze_.frozen()) owner->qpair->Drain();
  std::unique_ptr<HostQpair> host_qpair;
  {
    std::lock_guard lock(owner->wake_mutex);
    host_qpair = std::move(owner->host_qpair);
  }
  host_->DeleteQpair(std::move(host_qpair), silent);
  owner->qpair->Detach();
  owner->qpair->TerminateOutstanding();
  owners_.erase(at);
}

std::vector<QueueReport> Controller::Queues() const {
  const auto report = [](const Qpair& qpair, const std::string& label) -> QueueReport {
    return {qpair.qid(), qpair.max_outstanding() + 1, qpair.outstanding(), label};
  };
  std::vector<QueueReport> queues{report(*admin_qpair_, "admin")};
  for (const auto& owner : owners_) queues.push_back(report(*owner->qpair, owner->label));
  return queues;
}

void Controller::ServeHeld() {
  if (held_.empty() || freeze_.frozen()) return;
  std::vector<QpairOwner*> held;
  held.swap(held_);
  for (QpairOwner* owner : held) Detach(owner);
}

void Controller::ParkAll() {
  for (auto& owner : owners_) {
    owner->parking.Ask();
    owner->WakeOwner();
  }
  for (auto& owner : owners_) owner->parking.WaitStanding();
}

void Controller::ReleaseAll() {
  for (auto& owner : owners_) owner->parking.Release();
}

}  // namespace assay
