#include "controller.h"

#include <sys/prctl.h>

#include <thread>

#include "deadline.h"
#include "host_table.h"
#include "thread_census.h"

namespace assay {

void Controller::Open(const TransportAddress& address, const ControllerOptions& options, Opened opened) {
  std::shared_ptr<Controller> controller(new Controller(options));
  const Status status = StartThread("assay-control", [controller, address, opened] { controller->Run(address, opened); });
  if (!status.ok()) opened(status, nullptr, {});
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
  script_addresses_ = transport->script_addresses || !options_.bring_up;
  if (!options_.bring_up && !transport->bare) {
    return Status::Error(Code::kUnsupported, transport_ + ": there are no queues in memory and no doorbells: the driver below brings the controller up by itself and keeps its admin queue");
  }
  const std::string recorder = options_.cmdlog_dir.empty() ? "" : options_.cmdlog_dir + "/0.cmdlog";
  if (!recorder.empty() && !recorder_lock_.Take(options_.cmdlog_dir)) {
    return Status::Error(Code::kLocked, "the flight recorder " + recorder + " belongs to another controller that is open: each needs a folder of its own");
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
  if (Status s = Cmdlog::Open(recorder, options_.cmdlog_entries, 0, "admin", &cmdlog); !s.ok()) {
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
    recorder_lock_.Release();
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
    bool moved = AdminMaySend() && admin_->Turn();
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

void Controller::SetTimeout(uint32_t timeout_ms) {
  options_.timeout_ms = timeout_ms;
  admin_qpair_->SetTimeout(timeout_ms * kNsPerMs);
  for (auto& owner : owners_) owner->qpair->SetTimeout(timeout_ms * kNsPerMs);
}

void Controller::Close(std::function<void()> closed) {
  {
    std::lock_guard lock(mutex_);
    accepting_ = false;
  }
  when_closed_.push_back(std::move(closed));
  closing_ = true;
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
  recorder_lock_.Release();
  for (auto& closed : when_closed_) closed();
}

}  // namespace assay
