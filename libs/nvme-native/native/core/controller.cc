#include "controller.h"

#include <sys/prctl.h>

#include <algorithm>
#include <thread>

#include "deadline.h"
#include "host_table.h"
#include "thread_census.h"

namespace assay {

void Controller::Open(const TransportAddress& address, const ControllerOptions& options, Opened opened) {
  std::shared_ptr<Controller> controller(new Controller(options));
  StartThread("assay-control", [controller, address, opened = std::move(opened)] { controller->Run(address, opened); });
}

Controller::~Controller() = default;

Status Controller::Start(const TransportAddress& address, ReadyReport* ready) {
  if (DeadlinePassed(BoottimeNs())) return Status::Error(Code::kDeadline, "the deadline has passed: no drive is opened any more");
  const HostTransport* transport = nullptr;
  for (const HostTransport& candidate : HostTransports()) {
    if (address.transport == candidate.name) transport = &candidate;
  }
  if (transport == nullptr) return Status::Error(Code::kUnsupported, "transport " + address.transport + " was not compiled in");
  transport_ = address.transport;
  bare_ = transport->bare;
  if (!options_.bring_up && !bare_) {
    return Status::Error(Code::kUnsupported, transport_ + ": the driver below brings the controller up by itself and keeps its admin queue");
  }
  HostOptions host_options;
  host_options.timeout_ms = options_.timeout_ms;
  host_options.bring_up = options_.bring_up;
  host_options.on_internal_admin = [this](const Sqe& sqe, const Cqe& cqe, uint64_t submit_ns, uint64_t complete_ns) {
    if (admin_qpair_ != nullptr) admin_qpair_->RecordInternal(sqe, cqe, submit_ns, complete_ns);
  };
  std::unique_ptr<HostController> host;
  if (Status s = transport->open(address, host_options, &host, ready); !s.ok()) return s;
  host_ = std::move(host);
  limits_ = host_->Limits();
  std::unique_ptr<Cmdlog> cmdlog;
  const std::string path = options_.cmdlog_dir.empty() ? "" : options_.cmdlog_dir + "/0.cmdlog";
  if (Status s = Cmdlog::Open(path, options_.cmdlog_entries, 0, "admin", &cmdlog); !s.ok()) {
    host_->Stop(false);
    return s;
  }
  admin_qpair_ = std::make_unique<Qpair>(host_->Admin(), std::move(cmdlog), uint64_t{options_.timeout_ms} * kNsPerMs);
  admin_qpair_->Obey(&freeze_);
  admin_ = std::make_unique<RequestPump>(admin_qpair_.get());
  return Status::Ok();
}

void Controller::Run(const TransportAddress& address, const Opened& opened) {
  ReadyReport ready;
  if (Status s = Start(address, &ready); !s.ok()) {
    host_.reset();
    opened(s, nullptr, ready);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    accepting_ = true;
  }
  opened(Status::Ok(), shared_from_this(), ready);
  std::vector<std::function<void()>> tasks;
  for (;;) {
    bool moved = admin_->Turn();
    {
      std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    for (auto& task : tasks) task();
    moved = moved || !tasks.empty();
    tasks.clear();
    if (closing_) break;
    ServeHeld();
    if (moved) continue;
    const uint64_t idle = limits_.idle_poll_ns == UINT64_MAX ? kNever : BoottimeNs() + limits_.idle_poll_ns;
    admin_qpair_->Wait(idle, false);
  }
  FinishClosing();
}

bool Controller::PostAdmin(std::unique_ptr<Request> request) {
  std::lock_guard lock(mutex_);
  if (!accepting_ || !admin_->Post(std::move(request))) return false;
  host_->Admin()->Wake();
  return true;
}

bool Controller::Post(std::function<void()> task) {
  std::lock_guard lock(mutex_);
  if (!accepting_) return false;
  tasks_.push_back(std::move(task));
  host_->Admin()->Wake();
  return true;
}

bool Controller::closed() const {
  std::lock_guard lock(mutex_);
  return !accepting_;
}

Status Controller::Attach(const std::shared_ptr<QpairOwner>& owner, const QpairOptions& options, const std::string& label) {
  if (DeadlinePassed(BoottimeNs())) return Status::Error(Code::kDeadline, "the deadline has passed: no queue pair is created any more");
  if (closing_) return Status::Error(Code::kClosed, "the controller is closed");
  if (freeze_.frozen()) return FrozenStatus();
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

Status Controller::WriteRegister(uint32_t offset, uint32_t bytes, uint64_t value) {
  if (DeadlinePassed(BoottimeNs())) return Status::Error(Code::kDeadline, "the deadline has passed: no register is written any more");
  return host_->WriteRegister(offset, bytes, value);
}

std::vector<QueueReport> Controller::Queues() const {
  std::vector<QueueReport> queues{{0, admin_qpair_->max_outstanding() + 1, "admin"}};
  for (const auto& owner : owners_) queues.push_back({owner->qpair->qid(), owner->qpair->max_outstanding() + 1, owner->label});
  return queues;
}

Status Controller::Named(Status status) const {
  if (status.code == Code::kUnsupported) status.message = transport_ + ": " + status.message;
  return status;
}

Status Controller::WriteConfig(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  if (DeadlinePassed(BoottimeNs())) return Status::Error(Code::kDeadline, "the deadline has passed: nothing is written into the configuration space any more");
  return Named(host_->WriteConfig(offset, from, bytes));
}

Status Controller::HotReset() {
  if (DeadlinePassed(BoottimeNs())) return Status::Error(Code::kDeadline, "the deadline has passed: the function is not reset any more");
  return Named(host_->HotReset());
}

Status Controller::SetUpAdminQueue() {
  if (DeadlinePassed(BoottimeNs())) return Status::Error(Code::kDeadline, "the deadline has passed: no admin queue is set up any more");
  return Named(host_->SetUpAdminQueue());
}

void Controller::SetTimeout(uint32_t timeout_ms) {
  options_.timeout_ms = timeout_ms;
  admin_qpair_->SetTimeout(timeout_ms * kNsPerMs);
  for (auto& owner : owners_) owner->qpair->SetTimeout(timeout_ms * kNsPerMs);
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

ResetOutcome Controller::Renew(Status (HostController::*how)(ReadyReport*)) {
  ResetOutcome outcome;
  if (DeadlinePassed(BoottimeNs())) {
    outcome.status = Status::Error(Code::kDeadline, "the deadline has passed: the controller is not reset any more");
    return outcome;
  }
  ParkAll();
  // What the drive completed before the reset counts as completed.
  for (auto& owner : owners_) owner->qpair->Drain();
  admin_qpair_->Drain();
  outcome.status = (host_.get()->*how)(&outcome.ready);
  for (auto& owner : owners_) {
    if (outcome.status.ok()) outcome.status = owner->host_qpair->Recover();
    outcome.settled += owner->qpair->TerminateOutstanding();
    owner->WasReset();
  }
  if (outcome.status.ok()) outcome.status = host_->Admin()->Recover();
  outcome.settled += admin_qpair_->TerminateOutstanding();
  ReleaseAll();
  return outcome;
}

void Controller::Close(std::function<void()> closed) {
  {
    std::lock_guard lock(mutex_);
    accepting_ = false;
  }
  when_closed_.push_back(std::move(closed));
  closing_ = true;
}

void Controller::ServeHeld() {
  if (held_.empty() || freeze_.frozen()) return;
  std::vector<QpairOwner*> held;
  held.swap(held_);
  for (QpairOwner* owner : held) Detach(owner);
}

// Owners are ended one by one: each is parked, loses its qpair and is released, and finds out that it has none any more.
void Controller::FinishClosing() {
  std::vector<std::function<void()>> late;
  {
    std::lock_guard lock(mutex_);
    late.swap(tasks_);
  }
  for (auto& task : late) task();
  for (auto& owner : owners_) owner->Stop();
  ParkAll();
  const auto owners = owners_;
  for (auto& owner : owners) {
    Detach(owner.get());
    owner->parking.Release();
  }
  admin_->Turn();
  const bool silent = DeadlinePassed(BoottimeNs()) || host_->Gone() || freeze_.frozen();
  host_->Stop(silent);
  if (!freeze_.frozen()) admin_qpair_->Drain();
  admin_qpair_->TerminateOutstanding();
  admin_qpair_->Detach();
  while (admin_->Turn()) {
  }
  admin_->FailWaiting(Status::Error(Code::kClosed, "the controller is closed"));
  for (auto& closed : when_closed_) closed();
}

}  // namespace assay
