#include "lane.h"

namespace assay {
namespace {
constexpr uint64_t kLockRetryNs = 50'000;
}

Status Lane::Create(Controller* controller, const QpairOptions& options, std::shared_ptr<Lane>* out) {
  auto lane = std::make_shared<Lane>();
  if (Status s = controller->Attach(lane, options, "qpair"); !s.ok()) return s;
  lane->pump_ = std::make_unique<RequestPump>(lane->qpair.get());
  if (Status s = controller->StartOwner(lane.get(), "assay-lane", [lane] { lane->Run(); }); !s.ok()) return s;
  *out = std::move(lane);
  return Status::Ok();
}

bool Lane::Post(std::unique_ptr<Request> request) {
  std::lock_guard lock(mutex_);
  if (!accepting_ || !pump_->Post(std::move(request))) return false;
  WakeOwner();
  return true;
}

void Lane::Stop() {
  std::lock_guard lock(mutex_);
  accepting_ = false;
  ending_ = true;
}

void Lane::Delete(Controller* controller) {
  Stop();
  if (host_qpair == nullptr) return;
  parking.Ask();
  WakeOwner();
  parking.WaitStanding();
  controller->Detach(this);
  parking.Release();
}

void Lane::Run() {
  for (;;) {
    parking.StopIfAsked();
    const bool moved = pump_->Turn();
    if (ending_ && host_qpair == nullptr) break;
    if (!moved && !parking.Asked()) qpair->Wait(pump_->Retrying() ? BoottimeNs() + kLockRetryNs : kNever, false);
  }
  while (pump_->Turn()) {
  }
  pump_->FailWaiting(Status::Error(Code::kClosed, "the queue pair is deleted"));
  parking.Retire();
}

}  // namespace assay
